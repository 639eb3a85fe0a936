package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import normuon.job.data.Batch;
import normuon.job.report.OverlapRecord;
import normuon.model.MicroBatch;
import normuon.model.StagedGpt;
import normuon.optimizer.shard.Collectives;
import normuon.torch.HostBuffers;
import normuon.torch.ParameterSpec;

/**
 * Every rank holds its rows of the weights. A pass gathers the weights of one stage of the model at
 * a time, the next one while the model computes, for all batches together; the backward pass
 * reduces the gradients of a stage while it computes the next. Owners see one bucket of matrices
 * whole and send each rank its rows of the update, which arrive in the place of its rows of the
 * gradient; element-wise rules need nobody else.
 */
final class ShardedLayout implements WeightLayout {

  private final RankState state;
  private final Collectives collectives;
  private final NDManager manager;
  private final BackgroundOperations gathers;
  private final BackgroundOperations reductions;
  private final StageGathering gathering;
  private final StageReduction reduction;
  private final StagedGpt model;
  private boolean counted = true;

  ShardedLayout(RankState state, ShardedWeights weights, Collectives collectives) {
    this.state = state;
    this.collectives = collectives;
    this.manager = state.manager().newSubManager();
    this.gathers = new BackgroundOperations("weights", collectives);
    this.reductions = new BackgroundOperations("gradients", collectives);
    this.gathering = new StageGathering(weights, state.specs(), collectives, gathers, manager);
    this.reduction = new StageReduction(state, collectives, reductions);
    this.model =
        StagedGpt.borrowing(
            manager, weights.configuration(), weights.options().compute(), gathering, reduction);
  }

  @Override
  public StagedGpt model() {
    return model;
  }

  @Override
  public boolean passesTakeEveryRank() {
    return true;
  }

  /** As a backward pass keeps an array of a batch's size for every block, this needs no more. */
  @Override
  public int batchesPerPass() {
    return model.configuration().layers();
  }

  /** All batches together, so that a stage is gathered and reduced once. */
  @Override
  public double backward(List<Batch> batches, Lesson lesson) {
    if (counted) {
      gathers.restartCount();
      reductions.restartCount();
      counted = false;
    }
    try (NDManager scope = manager.newSubManager()) {
      List<MicroBatch> microBatches = lesson.of(batches, model, scope);
      gathering.keepLastBlocks();
      return model.accumulate(microBatches);
    } finally {
      gathering.keepNothing();
    }
  }

  @Override
  public void accumulateHessianProducts(
      List<Batch> batches,
      ToDoubleFunction<Batch> weight,
      BiFunction<ParameterSpec, NDManager, NDArray> direction) {
    throw new UnsupportedOperationException(
        "Cannot multiply with the Hessian: it takes all weights at once, and this rank has rows");
  }

  /** All are on their way since the backward pass. */
  @Override
  public void reduceGradients(List<ParameterSpec> parameters) {
    reduction.finish();
  }

  @Override
  public int turnsAhead() {
    return 1;
  }

  @Override
  public MatrixExchange collect(MatrixBucket bucket, List<NDArray> rows) {
    return bucket.owner() == collectives.rank()
        ? new OwnedMatrices(bucket, rows, collectives, manager)
        : sendRows(bucket, rows);
  }

  /** The owner sends updates when it has all momentum: then these rows have left their place. */
  private MatrixExchange sendRows(MatrixBucket bucket, List<NDArray> rows) {
    collectives.gather(bucket.owner(), rows, List.of());
    return MatrixExchange.ofOthers(
        collectives.scatter(bucket.owner(), List.of(), bucket.gradientRows()),
        bucket.gradientRows());
  }

  @Override
  public PendingUpdate share(ElementGroup group) {
    return group::gradientRows;
  }

  @Override
  public void applied() {}

  @Override
  public double[] norms(List<NDArray> held) {
    double[] squares =
        Arrays.stream(state.rules().statistics().norms(held)).map(norm -> norm * norm).toArray();
    return Arrays.stream(collectives.allReduce(state.countedOnce(squares)))
        .map(Math::sqrt)
        .toArray();
  }

  @Override
  public Optional<double[]> rowNorms(ParameterSpec parameter, NDArray held) {
    boolean first = collectives.rank() == 0;
    try (NDManager scope = manager.newSubManager()) {
      NDArray rows = scope.create(new Shape(held.getShape().get(0)), DataType.FLOAT32);
      write(held.isEmpty() ? new double[0] : state.rules().statistics().rowNorms(held), rows);
      NDArray whole = scope.create(new Shape(parameter.rows()), DataType.FLOAT32);
      collectives.gather(0, List.of(rows), first ? List.of(whole) : List.of()).await();
      return first ? Optional.of(doubles(whole)) : Optional.empty();
    }
  }

  private static void write(double[] numbers, NDArray array) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (double number : numbers) {
      bytes.putFloat((float) number);
    }
    HostBuffers.write(bytes.flip(), array, 0, numbers.length);
  }

  private static double[] doubles(NDArray array) {
    float[] floats = array.toFloatArray();
    return IntStream.range(0, floats.length).mapToDouble(i -> floats[i]).toArray();
  }

  @Override
  public Optional<OverlapRecord> overlap() {
    counted = true;
    return Optional.of(
        new OverlapRecord(
            gathers.exposedMilliseconds(),
            gathers.hiddenMilliseconds(),
            reductions.exposedMilliseconds(),
            reductions.hiddenMilliseconds()));
  }

  /**
   * Frees arrays when no operation is left that could reach them.
   *
   * @throws IllegalStateException if an operation does not end; then nothing is ever freed
   */
  @Override
  public void close() {
    try (reductions;
        gathers) {
      // Both are told to end, whichever fails to.
    } catch (IllegalStateException running) {
      state.abandon();
      throw running;
    }
    model.close();
    gathering.close();
    reduction.close();
    manager.close();
  }
}
