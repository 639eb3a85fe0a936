package normuon.job.plan;

import java.util.List;
import normuon.job.config.CommunicationSettings;
import normuon.model.ModelStages;
import normuon.torch.ParameterSpec;

/**
 * The buffers of a rank's transport, in bytes. Float32 is sent from arrays and read into them, so
 * that buffers hold what a reduce-scatter adds up, and messages that nobody expects yet; what is
 * rounded on the way passes through buffers as a whole.
 *
 * @param inStep what buffers hold while ranks keep in step
 * @param early the most beyond that, of messages that come before there are arrays for them
 */
record TransportMemory(long inStep, long early) {

  /** Buckets of one peer that a reduce-scatter may hold: three on their way out, six come in. */
  private static final long REDUCE_BUCKETS = 9;

  /** Buckets by way of which a rank's rows reach their place on the rank itself. */
  private static final long OWN_BUCKETS = 2;

  /** The same where values are rounded on the way. */
  private static final long OWN_ROUNDED_BUCKETS = 3;

  /** One rank: its rows reach their place by way of buffers, too. */
  static TransportMemory ofOneRank(PlannedModel model) {
    long rounded = OWN_ROUNDED_BUCKETS * bucketBytes(model);
    return new TransportMemory(withSizes(model.isSharded() ? rounded : ownBuckets(model)), 0);
  }

  /**
   * Where every rank holds all weights. Nothing keeps others from sending all their momentum and
   * updates while this rank multiplies. Where one buffer goes to several peers it counts once.
   *
   * @param traffic what the rank exchanges
   * @param ownUpdates bytes of the updates that it sends to all others
   */
  static TransportMemory replicated(
      PlannedModel model, StepTraffic traffic, long ownUpdates, int ranks) {
    long numbers = traffic.allReduce().sentBytes() + traffic.allReduce().receivedBytes();
    long always = numbers + ownBuckets(model);
    long updates =
        ownUpdates
            + traffic.collect().sentBytes()
            + traffic.collect().receivedBytes()
            + traffic.broadcast().receivedBytes()
            + traffic.allGather().receivedBytes();
    long reduce = reduce(model, traffic, ranks);
    return of(model, reduce + always, Math.max(reduce, updates) + always);
  }

  /**
   * Where ranks hold rows: in the passes ranks that are ahead send a stage's weights, later two
   * turns of momentum and updates. Weights that are rounded on the way are in buffers also while
   * ranks keep in step, this rank's until they have left.
   *
   * @param traffic what the rank exchanges
   * @param wholeMatrices two turns of the matrices that it owns, in bytes
   */
  static TransportMemory sharded(
      PlannedModel model, StepTraffic traffic, long wholeMatrices, int ranks) {
    ModelStages stages = model.stages();
    long stage = 0;
    long rounded = 0;
    for (int i = 0; i < stages.count(); i++) {
      long saved = bytes(model.rounded(i)) / Float.BYTES * (Float.BYTES - Short.BYTES);
      stage = Math.max(stage, bytes(stages.specs(i)) - saved);
      rounded = Math.max(rounded, bytes(model.rounded(i)) - saved);
    }
    long always = OWN_ROUNDED_BUCKETS * bucketBytes(model);
    long reduce = reduce(model, traffic, ranks);
    long inStep = rounded + reduce;
    return of(model, inStep + always, Math.max(stage + inStep, 2 * wholeMatrices) + always);
  }

  private static TransportMemory of(PlannedModel model, long inStep, long most) {
    return rounds(model)
        ? new TransportMemory(withSizes(most), 0)
        : new TransportMemory(withSizes(inStep), withSizes(most) - withSizes(inStep));
  }

  private static long reduce(PlannedModel model, StepTraffic traffic, int ranks) {
    long gradients = traffic.reduceScatter().sentBytes() + traffic.reduceScatter().receivedBytes();
    return Math.min(gradients, REDUCE_BUCKETS * (ranks - 1) * bucketBytes(model));
  }

  private static long ownBuckets(PlannedModel model) {
    return (rounds(model) ? OWN_ROUNDED_BUCKETS : OWN_BUCKETS) * bucketBytes(model);
  }

  private static boolean rounds(PlannedModel model) {
    return model.configuration().communication().precision() != CommunicationSettings.Precision.F32;
  }

  private static long bucketBytes(PlannedModel model) {
    return model.configuration().communication().bucketBytes();
  }

  /** A quarter more, since buffers come in sizes. */
  private static long withSizes(long bytes) {
    return bytes * 5 / 4;
  }

  private static long bytes(List<ParameterSpec> parameters) {
    return parameters.stream().mapToLong(ParameterSpec::elements).sum() * Float.BYTES;
  }
}
