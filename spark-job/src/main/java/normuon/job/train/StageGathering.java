package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import normuon.model.ComputePrecision;
import normuon.model.HeldArrays;
import normuon.model.ModelStages;
import normuon.model.StageWeights;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.Transfer;
import normuon.torch.ParameterSpec;

/**
 * Brings a stage's weights together from the rows of the ranks of a group, beside what the model
 * computes, and frees them when the model gives them back. What the model multiplies in bfloat16
 * travels in it.
 */
final class StageGathering implements StageWeights, AutoCloseable {

  private final ModelStages stages;
  private final ShardedWeights weights;
  private final Map<ParameterSpec, NDArray> rows = new HashMap<>();
  private final Collectives collectives;
  private final BackgroundOperations operations;
  private final NDManager manager;

  /** Stages on their way or kept, which the model will ask for. */
  private final Map<Integer, Gathered> awaited = new HashMap<>();

  private final ComputePrecision precision;
  private final StageGathering exact;
  private boolean keeps;

  /**
   * Prepares to gather.
   *
   * @param specs the parameters of the weights, in their order
   */
  StageGathering(
      ShardedWeights weights,
      List<ParameterSpec> specs,
      Collectives collectives,
      BackgroundOperations operations,
      NDManager parent) {
    this(weights, specs, collectives, operations, parent, weights.options().compute().precision());
  }

  private StageGathering(
      ShardedWeights weights,
      List<ParameterSpec> specs,
      Collectives collectives,
      BackgroundOperations operations,
      NDManager parent,
      ComputePrecision precision) {
    this.precision = precision;
    this.stages = ModelStages.of(weights.configuration());
    this.weights = weights;
    this.collectives = collectives;
    this.operations = operations;
    this.manager = parent.newSubManager();
    for (int i = 0; i < specs.size(); i++) {
      rows.put(specs.get(i), weights.arrays().get(i));
    }
    this.exact =
        precision == ComputePrecision.F32
            ? this
            : new StageGathering(
                weights, specs, collectives, operations, manager, ComputePrecision.F32);
  }

  /** The last blocks, once given back, are kept: a backward pass follows. */
  void keepLastBlocks() {
    keeps = true;
  }

  /** Frees what a backward pass did not ask for. */
  void keepNothing() {
    keeps = false;
    awaited.values().forEach(Gathered::free);
    awaited.clear();
  }

  @Override
  public StageWeights exact() {
    return exact;
  }

  @Override
  public void prefetch(int stage) {
    awaited.computeIfAbsent(stage, this::begin);
  }

  @Override
  public HeldArrays acquire(int stage) {
    prefetch(stage);
    Gathered gathered = awaited.remove(stage);
    try {
      operations.await(gathered.arrival);
      return gathered;
    } catch (RuntimeException | Error e) {
      gathered.free();
      throw e;
    }
  }

  private Gathered begin(int stage) {
    NDManager owner = manager.newSubManager();
    try {
      List<NDArray> whole = new ArrayList<>();
      Rows exact = new Rows();
      Rows rounded = new Rows();
      for (ParameterSpec spec : stages.specs(stage)) {
        NDArray array = owner.create(new Shape(spec.shape()), DataType.FLOAT32);
        whole.add(array);
        (isRounded(stage, spec) ? rounded : exact).add(rows.get(spec), array);
      }
      Future<?> arrival = operations.submit(() -> gather(exact, rounded));
      return new Gathered(stage, owner, whole, arrival);
    } catch (RuntimeException | Error e) {
      owner.close();
      throw e;
    }
  }

  private boolean isRounded(int stage, ParameterSpec spec) {
    return precision == ComputePrecision.BF16 && ModelStages.multiplied(stage, spec);
  }

  private void gather(Rows exact, Rows rounded) {
    List<Transfer> transfers = new ArrayList<>();
    if (!exact.own.isEmpty()) {
      transfers.add(collectives.gatherWeights(exact.own, exact.whole));
    }
    if (!rounded.own.isEmpty()) {
      transfers.add(collectives.gatherRoundedWeights(rounded.own, rounded.whole));
    }
    transfers.forEach(Transfer::await);
  }

  /** Rows of this rank, and where all rows go. */
  private record Rows(List<NDArray> own, List<NDArray> whole) {

    Rows() {
      this(new ArrayList<>(), new ArrayList<>());
    }

    void add(NDArray rows, NDArray all) {
      own.add(rows);
      whole.add(all);
    }
  }

  private boolean isKept(int stage) {
    return keeps
        && stage < stages.output()
        && stage >= Math.max(1, stages.output() - weights.options().keptBlocks());
  }

  @Override
  public void close() {
    if (exact != this) {
      exact.close();
    }
    keepNothing();
    manager.close();
  }

  private final class Gathered implements HeldArrays {

    private final int stage;
    private final NDManager owner;
    private final List<NDArray> arrays;
    private final Future<?> arrival;
    private boolean wasKept;

    Gathered(int stage, NDManager owner, List<NDArray> arrays, Future<?> arrival) {
      this.stage = stage;
      this.owner = owner;
      this.arrays = arrays;
      this.arrival = arrival;
    }

    @Override
    public List<NDArray> arrays() {
      return arrays;
    }

    @Override
    public void close() {
      if (isKept(stage) && !wasKept) {
        wasKept = true;
        awaited.put(stage, this);
      } else {
        free();
      }
    }

    /**
     * Arrays that rows may still arrive in are freed with all others, when no operation is left.
     */
    private void free() {
      if (arrival.isDone()) {
        owner.close();
      }
    }
  }
}
