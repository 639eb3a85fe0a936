package normuon.job.plan;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import normuon.model.ActivationMemory;
import normuon.optimizer.shard.Bucket;
import normuon.optimizer.shard.OwnerPlan;
import normuon.torch.ParameterSpec;

/**
 * The memory of one rank in bytes; all but the heap is native. P are all weights, r the rows of
 * this rank, R the number of ranks; numbers have 4 bytes. Where ranks hold rows of the weights,
 * these are r, and no whole gradients last.
 *
 * @param rank the rank
 * @param weights the whole weights: 4 P; or its rows
 * @param computeWeights the bfloat16 copies of matrices and head, where those are multiplied
 * @param gradients the whole gradients, where momentum and updates arrive whole too: 4 P; where
 *     ranks hold rows, those of the stages under way in the passes alone
 * @param gathered whole weights of the stages under way in the passes, where ranks hold rows
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
 * @param wholeMatrices where ranks hold rows, the two largest messages of matrices in a row that it
 *     owns, whole at that time
 * @param curvature what estimating the curvature takes beyond an ordinary pass, at another time
 *     again: drawing labels for Sophia-G, the products with the Hessian and their whole direction
 *     for Sophia-H
 * @param transportBuffers what waits to be sent or to be added up while ranks keep in step
 * @param earlyMessages the most that buffers can hold beyond that, where a rank falls so far behind
 *     that messages come before it has arrays for them; no part of the peak
 * @param runtime classes, compiled code, threads and PyTorch's own: what Spark reserves by itself
 *     beside a heap
 * @param heap the executor's heap
 */
public record RankMemory(
    int rank,
    long weights,
    long computeWeights,
    long gradients,
    long gathered,
    long gradientRows,
    long momentumRows,
    long secondMoments,
    long elementMoments,
    long snapshot,
    long activations,
    long backward,
    long orthogonalization,
    long wholeMatrices,
    long curvature,
    long transportBuffers,
    long earlyMessages,
    long runtime,
    long heap) {

  private static final long RUNTIME = 384L << 20;

  /** The memory of the rank that needs the most native memory. */
  static RankMemory heaviest(PlannedModel model, int ranks, long heapBytes) {
    OwnerPlan owners = model.owners(ranks);
    TrafficModel traffic = new TrafficModel(model, owners);
    return IntStream.range(0, ranks)
        .mapToObj(rank -> of(model, owners, traffic, heapBytes, rank))
        .max(Comparator.comparingLong(RankMemory::nativePeak))
        .orElseThrow();
  }

  static RankMemory of(
      PlannedModel model, OwnerPlan owners, TrafficModel traffic, long heapBytes, int rank) {
    return model.isSharded()
        ? sharded(model, owners, traffic, heapBytes, rank)
        : replicated(model, owners, traffic, heapBytes, rank);
  }

  private static RankMemory replicated(
      PlannedModel model, OwnerPlan owners, TrafficModel traffic, long heapBytes, int rank) {
    int ranks = owners.worldSize();
    long all = bytes(model.parameters());
    long elements = TrafficModel.bytesOfRows(elements(model), ranks, rank);
    ActivationMemory activations = model.activations(ranks);
    long owned = bytes(owners.owned(rank));
    TransportMemory transport =
        ranks == 1
            ? TransportMemory.ofOneRank(model)
            : TransportMemory.replicated(model, traffic.of(rank), owned + elements, ranks);
    long rows = TrafficModel.bytesOfRows(model.parameters(), ranks, rank);
    long momentum = TrafficModel.bytesOfRows(model.matrices(), ranks, rank);
    long secondMoments = secondMoments(model, owners, rank);
    return new RankMemory(
        rank,
        all,
        model.computeWeights(),
        all,
        0,
        rows,
        momentum,
        secondMoments,
        2 * elements,
        rows + momentum + secondMoments + 2 * elements,
        activations.saved(),
        Math.max(activations.loss(), activations.backward()),
        orthogonalization(model, owners, rank),
        0,
        model.curvature(ranks),
        transport.inStep(),
        transport.early(),
        RUNTIME,
        heapBytes);
  }

  private static RankMemory sharded(
      PlannedModel model, OwnerPlan owners, TrafficModel traffic, long heapBytes, int rank) {
    int ranks = owners.worldSize();
    int group = model.groupSize(ranks);
    int position = rank % group;
    long rows = TrafficModel.bytesOfRows(model.parameters(), group, position);
    long momentum = TrafficModel.bytesOfRows(model.matrices(), group, position);
    long elements = TrafficModel.bytesOfRows(elements(model), group, position);
    long secondMoments = secondMoments(model, owners, rank);
    long written = (rows + momentum + 2 * elements) / (ranks / group);
    StageMemory stages = StageMemory.most(model, ranks);
    long bucketBytes = model.configuration().communication().bucketBytes();
    long wholeMatrices = wholeMatrices(owners, bucketBytes, rank);
    TransportMemory transport =
        ranks == 1
            ? TransportMemory.ofOneRank(model)
            : TransportMemory.sharded(model, traffic.of(rank), wholeMatrices, ranks);
    return new RankMemory(
        rank,
        rows,
        0,
        stages.gradients(),
        stages.weights(),
        rows,
        momentum,
        secondMoments,
        2 * elements,
        written + secondMoments,
        model.activationsTogether(ranks).saved(),
        stages.backward(),
        orthogonalization(model, owners, rank),
        wholeMatrices,
        model.curvature(ranks),
        transport.inStep(),
        transport.early(),
        RUNTIME,
        heapBytes);
  }

  private static List<ParameterSpec> elements(PlannedModel model) {
    return model.elementGroups().stream().flatMap(each -> each.parameters().stream()).toList();
  }

  private static long bytes(List<ParameterSpec> parameters) {
    return parameters.stream().mapToLong(ParameterSpec::elements).sum() * Float.BYTES;
  }

  private static long wholeMatrices(OwnerPlan owners, long bucketBytes, int rank) {
    List<Bucket> owned =
        owners.buckets(bucketBytes).stream().filter(bucket -> bucket.owner() == rank).toList();
    long most = 0;
    for (int i = 0; i < owned.size(); i++) {
      long next = i + 1 < owned.size() ? owned.get(i + 1).bytes() : 0;
      most = Math.max(most, owned.get(i).bytes() + next);
    }
    return most;
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

  /** Whether whole gradients last from step to step: weights are gathered where they do not. */
  private boolean lastsWhole() {
    return gathered == 0;
  }

  /** What lasts from step to step. */
  public long state() {
    return weights
        + computeWeights
        + (lastsWhole() ? gradients : 0)
        + gradientRows
        + momentumRows
        + secondMoments
        + elementMoments;
  }

  /**
   * The most native memory at one time while ranks keep in step: what {@code
   * spark.executor.memoryOverhead} must hold.
   */
  public long nativePeak() {
    long passing = gathered + (lastsWhole() ? 0 : gradients);
    return state()
        + snapshot
        + Math.max(
            passing + activations + backward,
            Math.max(wholeMatrices + orthogonalization, passing + curvature))
        + transportBuffers
        + runtime;
  }

  /**
   * The native memory of processes whose ranks each need as much as this one.
   *
   * @param ranks the ranks in all processes together
   * @param processes the processes
   */
  public long nativePeakOf(long ranks, long processes) {
    return ranks * (nativePeak() - runtime) + processes * runtime;
  }

  /** Native memory and heap. */
  public long total() {
    return nativePeak() + heap;
  }
}
