package normuon.job.plan;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.shard.Bucket;
import normuon.optimizer.shard.OwnerPlan;
import normuon.optimizer.shard.RowShard;
import normuon.optimizer.shard.ShardGroup;
import normuon.torch.ParameterSpec;

/**
 * Counts what the ranks of a step send each other, as {@code TrainStep} calls the collectives and
 * {@code TransportCollectives} carries them out: every rank sends straight to every other, so that
 * a broadcast is a star from its owner. Of a parameter, rank r of R holds the rows of {@link
 * RowShard}; values travel as {@code communication.precision} says, and numbers of an all-reduce in
 * float64.
 */
final class TrafficModel {

  private final PlannedModel model;
  private final int ranks;
  private final List<Bucket> buckets;
  private final long bucketBytes;
  private final int valueBytes;

  /** The bytes under way of each rank's rows of all parameters. */
  private final long[] shares;

  private final long allBytes;

  /** Where several ranks hold rows of the weights. */
  private final Optional<ShardedTraffic> sharded;

  TrafficModel(PlannedModel model, OwnerPlan owners) {
    this.model = model;
    this.ranks = owners.worldSize();
    int configured = model.configuration().communication().bucketBytes();
    this.buckets = owners.buckets(configured);
    this.valueBytes =
        switch (model.configuration().communication().precision()) {
          case F32 -> Float.BYTES;
          case BF16 -> Short.BYTES;
        };
    this.bucketBytes = configured / Float.BYTES * Float.BYTES;
    this.shares =
        IntStream.range(0, ranks).mapToLong(rank -> rows(model.parameters(), rank)).toArray();
    this.allBytes = whole(model.parameters());
    this.sharded =
        ranks > 1 && model.isSharded()
            ? Optional.of(
                new ShardedTraffic(
                    model, model.groupSize(ranks), buckets, valueBytes, bucketBytes / Float.BYTES))
            : Optional.empty();
  }

  /** What one rank exchanges. */
  StepTraffic of(int rank) {
    if (sharded.isPresent()) {
      return sharded(sharded.get(), rank);
    }
    return ranks == 1
        ? StepTraffic.NONE
        : new StepTraffic(
            reduceScatter(rank),
            allReduce(),
            collect(rank),
            broadcast(rank),
            allGather(rank),
            curvature(rank));
  }

  /**
   * Sophia's sampled gradients are reduced as all are, and weights are gathered to draw labels, and
   * for their gradients.
   */
  private StepTraffic sharded(ShardedTraffic traffic, int rank) {
    ShardGroup group = new ShardGroup(ranks, model.groupSize(ranks), rank);
    boolean estimates = !model.sophiaParameters().isEmpty();
    return new StepTraffic(
        traffic.reduceScatter(group),
        allReduce(),
        traffic.collect(group),
        traffic.scatter(group),
        traffic.gather(group),
        estimates
            ? traffic
                .reduceScatter(group)
                .plus(traffic.gatherForward(group))
                .plus(traffic.gather(group))
                .plus(norm())
            : Flow.NONE);
  }

  /** Each number of the rank that has the most of it. */
  StepTraffic most() {
    return IntStream.range(0, ranks).mapToObj(this::of).reduce(StepTraffic.NONE, StepTraffic::most);
  }

  /** To gather each stage's weights once: of the rank that has the most of it. */
  List<Flow> gathers() {
    return byStage(ShardedTraffic::gathers);
  }

  /** To reduce each stage's gradients: of the rank that has the most of it. */
  List<Flow> reductions() {
    return byStage(ShardedTraffic::reductions);
  }

  /** Nothing where every rank holds all weights. */
  private List<Flow> byStage(BiFunction<ShardedTraffic, ShardGroup, List<Flow>> flows) {
    Flow[] most = new Flow[model.stages().count()];
    Arrays.fill(most, Flow.NONE);
    if (sharded.isPresent()) {
      for (int rank = 0; rank < ranks; rank++) {
        ShardGroup group = new ShardGroup(ranks, model.groupSize(ranks), rank);
        List<Flow> each = flows.apply(sharded.get(), group);
        Arrays.setAll(most, stage -> most[stage].most(each.get(stage)));
      }
    }
    return List.of(most);
  }

  /** What all ranks send together. */
  StepTraffic sum() {
    return IntStream.range(0, ranks).mapToObj(this::of).reduce(StepTraffic.NONE, StepTraffic::plus);
  }

  private Flow reduceScatter(int rank) {
    long messages = 0;
    for (int peer = 0; peer < ranks; peer++) {
      messages += peer == rank ? 0 : messages(shares[peer]);
    }
    return new Flow(allBytes - shares[rank], (ranks - 1) * shares[rank], messages);
  }

  /** A reduce-scatter of the sampled gradient, and its norm. */
  private Flow curvature(int rank) {
    List<ParameterSpec> estimated = model.sophiaParameters();
    if (estimated.isEmpty()) {
      return Flow.NONE;
    }
    long own = rows(estimated, rank);
    long messages = 0;
    for (int peer = 0; peer < ranks; peer++) {
      messages += peer == rank ? 0 : messages(rows(estimated, peer));
    }
    return new Flow(whole(estimated) - own, (ranks - 1) * own, messages).plus(norm());
  }

  /** One number of every rank. */
  private Flow norm() {
    long bytes = (ranks - 1L) * Double.BYTES;
    return new Flow(bytes, bytes, ranks - 1L);
  }

  /** One number for each parameter and one for the loss; then two counts. */
  private Flow allReduce() {
    long first = (model.parameters().size() + 1L) * Double.BYTES;
    long numbersPerMessage = bucketBytes / Double.BYTES * Double.BYTES;
    long messages = (first + numbersPerMessage - 1) / numbersPerMessage + 1;
    long bytes = (ranks - 1) * (first + 2L * Double.BYTES);
    return new Flow(bytes, bytes, (ranks - 1) * messages);
  }

  private Flow collect(int rank) {
    Flow flow = Flow.NONE;
    for (Bucket bucket : buckets) {
      long own = rows(bucket.matrices(), rank);
      flow =
          flow.plus(
              bucket.owner() == rank
                  ? new Flow(0, whole(bucket.matrices()) - own, 0)
                  : new Flow(own, 0, messages(own)));
    }
    return flow;
  }

  private Flow broadcast(int rank) {
    Flow flow = Flow.NONE;
    for (Bucket bucket : buckets) {
      long bytes = whole(bucket.matrices());
      long peers = ranks - 1L;
      flow =
          flow.plus(
              bucket.owner() == rank
                  ? new Flow(peers * bytes, 0, peers * messages(bytes))
                  : new Flow(0, bytes, 0));
    }
    return flow;
  }

  private Flow allGather(int rank) {
    Flow flow = Flow.NONE;
    for (ParameterGroup group : model.elementGroups()) {
      long own = rows(group.parameters(), rank);
      flow =
          flow.plus(
              new Flow(
                  (ranks - 1) * own, whole(group.parameters()) - own, (ranks - 1) * messages(own)));
    }
    return flow;
  }

  private long messages(long bytes) {
    long messageBytes = bucketBytes / Float.BYTES * valueBytes;
    return (bytes + messageBytes - 1) / messageBytes;
  }

  private long whole(List<ParameterSpec> parameters) {
    return parameters.stream().mapToLong(ParameterSpec::elements).sum() * valueBytes;
  }

  private long rows(List<ParameterSpec> parameters, int rank) {
    return elementsOfRows(parameters, ranks, rank) * valueBytes;
  }

  /** The bytes of one rank's rows in float32. */
  static long bytesOfRows(List<ParameterSpec> parameters, int ranks, int rank) {
    return elementsOfRows(parameters, ranks, rank) * Float.BYTES;
  }

  private static long elementsOfRows(List<ParameterSpec> parameters, int ranks, int rank) {
    long elements = 0;
    for (ParameterSpec parameter : parameters) {
      elements += RowShard.of(parameter.rows(), ranks, rank).rows() * parameter.columns();
    }
    return elements;
  }
}
