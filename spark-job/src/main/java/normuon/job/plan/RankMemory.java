package normuon.job.plan;

import normuon.job.config.CommunicationSettings;
import normuon.model.ActivationMemory;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.shard.OwnerPlan;
import normuon.torch.ParameterSpec;

/**
 * The memory of one rank in bytes; all but the heap is native. P are all weights, r the rows of
 * this rank, R the number of ranks; numbers have 4 bytes.
 *
 * @param rank the rank
 * @param weights the whole weights: 4 P
 * @param computeWeights the bfloat16 copies of matrices and head, where those are multiplied
 * @param gradients the whole gradients, where momentum and updates arrive whole too: 4 P
 * @param gradientRows its rows of the mean gradients
 * @param momentumRows its rows of the momentum of the matrices
 * @param secondMoments NorMuon's, of the matrices it owns
 * @param elementMoments its rows of the two moments of all other parameters
 * @param snapshot the copy that a checkpoint is written from while the rank trains on: its rows of
 *     the weights, and what it keeps for them
 * @param activations what the forward pass of a micro-batch keeps for the backward pass
 * @param backward what the backward pass needs beyond them: that of a block, or before it that of
 *     the loss, with its logits
 * @param orthogonalization what Newton–Schulz needs for the largest matrix that it owns, m×n with m
 *     ≤ n: at most two arrays of m n and four of m². It comes when the activations are gone
 * @param curvature what estimating the curvature takes beyond an ordinary pass, at another time
 *     again: drawing labels for Sophia-G, the products with the Hessian and their whole direction
 *     for Sophia-H
 * @param transportBuffers the most that can wait to be sent or to be read
 * @param runtime classes, compiled code, threads and PyTorch's own: what Spark reserves by itself
 *     beside a heap
 * @param heap the executor's heap
 */
public record RankMemory(
    int rank,
    long weights,
    long computeWeights,
    long gradients,
    long gradientRows,
    long momentumRows,
    long secondMoments,
    long elementMoments,
    long snapshot,
    long activations,
    long backward,
    long orthogonalization,
    long curvature,
    long transportBuffers,
    long runtime,
    long heap) {

  private static final long RUNTIME = 384L << 20;

  /** Buckets of one peer that a reduce-scatter may hold: three on their way out, six come in. */
  private static final long REDUCE_BUCKETS = 9;

  /** Buckets by way of which a rank's rows reach their place on the rank itself. */
  private static final long OWN_BUCKETS = 2;

  /** The same where values are rounded on the way. */
  private static final long OWN_ROUNDED_BUCKETS = 3;

  static RankMemory of(
      PlannedModel model, OwnerPlan owners, TrafficModel traffic, long heapBytes, int rank) {
    int ranks = owners.worldSize();
    long all = model.parameters().stream().mapToLong(ParameterSpec::elements).sum() * Float.BYTES;
    long elements =
        model.elementGroups().stream()
            .map(ParameterGroup::parameters)
            .mapToLong(parameters -> TrafficModel.bytesOfRows(parameters, ranks, rank))
            .sum();
    ActivationMemory activations = model.activations(ranks);
    long owned = owners.owned(rank).stream().mapToLong(ParameterSpec::elements).sum() * Float.BYTES;
    CommunicationSettings communication = model.configuration().communication();
    long rows = TrafficModel.bytesOfRows(model.parameters(), ranks, rank);
    long momentum = TrafficModel.bytesOfRows(model.matrices(), ranks, rank);
    long secondMoments = secondMoments(model, owners, rank);
    return new RankMemory(
        rank,
        all,
        model.computeWeights(),
        all,
        rows,
        momentum,
        secondMoments,
        2 * elements,
        rows + momentum + secondMoments + 2 * elements,
        activations.saved(),
        Math.max(activations.loss(), activations.backward()),
        orthogonalization(model, owners, rank),
        model.curvature(ranks),
        transportBuffers(traffic.of(rank), ranks == 1 ? 0 : owned + elements, communication, ranks),
        RUNTIME,
        heapBytes);
  }

  private static long secondMoments(PlannedModel model, OwnerPlan owners, int rank) {
    return owners.owned(rank).stream().mapToLong(model::secondMomentLength).sum() * Float.BYTES;
  }

  private static long orthogonalization(PlannedModel model, OwnerPlan owners, int rank) {
    return owners.owned(rank).stream()
        .mapToLong(matrix -> orthogonalization(model.block(matrix)))
        .max()
        .orElse(0);
  }

  private static long orthogonalization(long[] shape) {
    long smaller = Math.min(shape[0], shape[1]);
    return (2 * shape[0] * shape[1] + 4 * smaller * smaller) * Float.BYTES;
  }

  /**
   * The most that buffers can hold: the larger of reduce-scatter, whose ranks keep in step, and of
   * the rest of the step, in which nothing keeps others from sending all they have while this rank
   * multiplies. Where one buffer goes to several peers it counts once. A quarter more, since
   * buffers come in sizes.
   *
   * @param traffic what the rank exchanges
   * @param ownUpdates bytes of the updates that it sends to all others
   */
  private static long transportBuffers(
      StepTraffic traffic, long ownUpdates, CommunicationSettings communication, int ranks) {
    long bucketBytes = communication.bucketBytes();
    long ownBuckets =
        communication.precision() == CommunicationSettings.Precision.F32
            ? OWN_BUCKETS
            : OWN_ROUNDED_BUCKETS;
    long gradients = traffic.reduceScatter().sentBytes() + traffic.reduceScatter().receivedBytes();
    long reduce = Math.min(gradients, REDUCE_BUCKETS * (ranks - 1) * bucketBytes);
    long updates =
        ownUpdates
            + traffic.collect().sentBytes()
            + traffic.collect().receivedBytes()
            + traffic.broadcast().receivedBytes()
            + traffic.allGather().receivedBytes();
    long numbers = traffic.allReduce().sentBytes() + traffic.allReduce().receivedBytes();
    return (Math.max(reduce, updates) + numbers + ownBuckets * bucketBytes) * 5 / 4;
  }

  /** What lasts from step to step. */
  public long state() {
    return weights
        + computeWeights
        + gradients
        + gradientRows
        + momentumRows
        + secondMoments
        + elementMoments;
  }

  /** The most native memory at one time: what {@code spark.executor.memoryOverhead} must hold. */
  public long nativePeak() {
    return state()
        + snapshot
        + Math.max(activations + backward, Math.max(orthogonalization, curvature))
        + transportBuffers
        + runtime;
  }

  /** Native memory and heap. */
  public long total() {
    return nativePeak() + heap;
  }
}
