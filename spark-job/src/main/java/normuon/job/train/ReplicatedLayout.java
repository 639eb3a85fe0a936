package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import normuon.job.data.Batch;
import normuon.job.report.OverlapRecord;
import normuon.model.Gpt;
import normuon.model.MicroBatch;
import normuon.model.StagedGpt;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.Transfer;
import normuon.torch.ParameterSpec;

/**
 * Every rank holds all weights and makes the whole gradients of its sequences. Once these are
 * reduced, whole momentum and updates arrive in their place.
 */
final class ReplicatedLayout implements WeightLayout {

  private final RankState state;
  private final Gpt model;
  private final Collectives collectives;

  ReplicatedLayout(RankState state, Gpt model, Collectives collectives) {
    this.state = state;
    this.model = model;
    this.collectives = collectives;
  }

  @Override
  public StagedGpt model() {
    return model.staged();
  }

  @Override
  public boolean passesTakeEveryRank() {
    return false;
  }

  @Override
  public int batchesPerPass() {
    return 1;
  }

  /** One batch after the other, so that the activations of one are there at a time. */
  @Override
  public double backward(List<Batch> batches, Lesson lesson) {
    model.zeroGradients();
    double loss = 0;
    for (Batch batch : batches) {
      collectives.requireRunning();
      try (NDManager scope = state.manager().newSubManager()) {
        loss += model().accumulate(lesson.of(List.of(batch), model(), scope));
      }
    }
    return loss;
  }

  @Override
  public void accumulateHessianProducts(
      List<Batch> batches,
      ToDoubleFunction<Batch> weight,
      BiFunction<ParameterSpec, NDManager, NDArray> direction) {
    model.zeroGradients();
    try (NDManager ofStep = state.manager().newSubManager()) {
      List<NDArray> directions =
          state.specs().stream().map(spec -> direction.apply(spec, ofStep)).toList();
      for (Batch batch : batches) {
        collectives.requireRunning();
        try (NDManager scope = ofStep.newSubManager()) {
          MicroBatch arrays = ModelBatch.of(batch, scope, weight.applyAsDouble(batch));
          model.accumulateHessianProduct(
              arrays.ids(), arrays.targets(), directions, arrays.weight());
        }
      }
      for (int i = 0; i < directions.size(); i++) {
        model.gradients().get(i).muli(directions.get(i));
      }
    }
  }

  @Override
  public void reduceGradients(List<ParameterSpec> parameters) {
    collectives.reduceScatter(whole(parameters), state.gradientRows(parameters));
  }

  /** All of them: they have their places. */
  @Override
  public int turnsAhead() {
    return state.buckets().size();
  }

  @Override
  public MatrixExchange collect(MatrixBucket bucket, List<NDArray> rows) {
    List<NDArray> whole = whole(bucket.specs());
    Transfer momentum = collectives.gather(bucket.owner(), rows, whole);
    boolean owned = bucket.owner() == collectives.rank();
    Transfer update = owned ? () -> {} : collectives.broadcast(bucket.owner(), whole);
    return new MatrixExchange() {

      @Override
      public List<NDArray> momentum() {
        momentum.await();
        return whole;
      }

      @Override
      public void send() {
        collectives.broadcast(bucket.owner(), whole);
      }

      @Override
      public List<NDArray> await() {
        update.await();
        return whole;
      }
    };
  }

  @Override
  public PendingUpdate share(ElementGroup group) {
    List<NDArray> whole = whole(group.specs());
    Transfer underWay = collectives.allGather(group.gradientRows(), whole);
    return () -> {
      underWay.await();
      return whole;
    };
  }

  @Override
  public void applied() {
    model.weightsChanged();
  }

  @Override
  public double[] norms(List<NDArray> held) {
    return state.rules().statistics().norms(held);
  }

  @Override
  public Optional<double[]> rowNorms(ParameterSpec parameter, NDArray held) {
    return collectives.rank() == 0
        ? Optional.of(state.rules().statistics().rowNorms(held))
        : Optional.empty();
  }

  @Override
  public Optional<OverlapRecord> overlap() {
    return Optional.empty();
  }

  private List<NDArray> whole(List<ParameterSpec> parameters) {
    return parameters.stream()
        .map(parameter -> model.gradients().get(state.specs().indexOf(parameter)))
        .toList();
  }

  @Override
  public void close() {}
}
