package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import normuon.model.HeldArrays;
import normuon.model.ModelStages;
import normuon.model.StageGradients;
import normuon.optimizer.shard.Collectives;
import normuon.torch.ParameterSpec;

/**
 * Reduces a stage's gradients to the rows of each rank, and frees them, while the model computes
 * those of the next one: the gradients of two stages are whole at a time. Those of a parameter of
 * two stages, as a tied head is, stay until the second one has added to them.
 */
final class StageReduction implements StageGradients, AutoCloseable {

  private final RankState state;
  private final ModelStages stages;
  private final Collectives collectives;
  private final BackgroundOperations operations;
  private final NDManager manager;
  private final Deque<Future<?>> underWay = new ArrayDeque<>();
  private final Map<ParameterSpec, Summed> shared = new HashMap<>();

  private record Summed(NDManager owner, NDArray array) {}

  StageReduction(RankState state, Collectives collectives, BackgroundOperations operations) {
    this.state = state;
    this.stages = ModelStages.of(state.weights().configuration());
    this.collectives = collectives;
    this.operations = operations;
    this.manager = state.manager().newSubManager();
  }

  @Override
  public HeldArrays acquire(int stage) {
    while (underWay.size() > 1) {
      operations.await(underWay.remove());
    }
    List<ParameterSpec> specs = stages.specs(stage);
    List<Summed> sums =
        specs.stream().map(spec -> shared.computeIfAbsent(spec, this::zeros)).toList();
    List<NDArray> arrays = sums.stream().map(Summed::array).toList();
    return new HeldArrays() {

      @Override
      public List<NDArray> arrays() {
        return arrays;
      }

      @Override
      public void close() {
        reduce(stage);
      }
    };
  }

  private Summed zeros(ParameterSpec spec) {
    NDManager owner = manager.newSubManager();
    return new Summed(owner, owner.zeros(new Shape(spec.shape()), DataType.FLOAT32));
  }

  private void reduce(int stage) {
    List<ParameterSpec> complete =
        stages.specs(stage).stream().filter(spec -> !isAddedToBefore(stage, spec)).toList();
    List<Summed> sums = complete.stream().map(shared::remove).toList();
    List<NDArray> whole = sums.stream().map(Summed::array).toList();
    List<NDArray> rows = state.gradientRows(complete);
    underWay.add(
        operations.submit(
            () -> {
              try {
                collectives.reduceScatter(whole, rows);
              } finally {
                sums.forEach(sum -> sum.owner().close());
              }
            }));
  }

  /** Gradients are made from the last stage to the first. */
  private boolean isAddedToBefore(int stage, ParameterSpec spec) {
    return stage != ModelStages.EMBEDDING && stages.specs(ModelStages.EMBEDDING).contains(spec);
  }

  /** Waits until all rows are there. */
  void finish() {
    while (!underWay.isEmpty()) {
      operations.await(underWay.remove());
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
