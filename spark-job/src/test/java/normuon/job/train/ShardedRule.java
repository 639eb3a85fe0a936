package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import normuon.optimizer.ElementRule;
import normuon.optimizer.ElementState;
import normuon.optimizer.MatrixRule;
import normuon.optimizer.OptimizerOperators;
import normuon.optimizer.ParameterUpdate;
import normuon.optimizer.Sophia;
import normuon.optimizer.WeightDecay;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.OwnerPlan;
import normuon.optimizer.shard.RowShard;
import normuon.torch.Initialization;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;

/** Some steps of a rule on one rank's rows of matrices of awkward shapes with given gradients. */
final class ShardedRule {

  static final List<ParameterSpec> SPECS =
      Stream.of(
              new long[] {1, 19},
              new long[] {19, 1},
              new long[] {7, 5},
              new long[] {64, 64},
              new long[] {33, 257})
          .map(shape -> new ParameterSpec(shape[0] + "x" + shape[1], shape, Role.MATRIX))
          .toList();

  private static final int STEPS = 5;
  private static final int SEQUENCES = 7;
  private static final double RATE = 0.02;
  private static final double DECAY = 0.5;

  private final Collectives collectives;
  private final NDManager manager;
  private final OptimizerOperators operators;
  private final OwnerPlan owners;
  private final List<NDArray> weights;
  private final List<NDArray> whole;
  private final List<NDArray> rows;

  ShardedRule(Collectives collectives, NDManager manager, OptimizerOperators operators) {
    this.collectives = collectives;
    this.manager = manager;
    this.operators = operators;
    this.owners = OwnerPlan.of(SPECS, collectives.worldSize(), ParameterSpec::elements);
    this.weights = SPECS.stream().map(spec -> Initialization.normal(manager, spec, 1, 1)).toList();
    this.whole = SPECS.stream().map(spec -> zeros(spec.shape())).toList();
    this.rows = shards();
  }

  /** The weights that a rule which orthogonalizes comes to. */
  List<float[]> train(MatrixRule rule) {
    List<NDArray> momenta = shards();
    List<List<NDArray>> secondMoments =
        SPECS.stream()
            .map(spec -> rule.secondMomentLength(spec.rows(), spec.columns()))
            .map(length -> length == 0 ? List.<NDArray>of() : List.of(zeros(length)))
            .toList();
    return train(
        step -> {
          List<NDArray> collected = rule.accumulate(rows, momenta);
          for (int i = 0; i < SPECS.size(); i++) {
            orthogonalize(rule, collected.get(i), i, secondMoments.get(i));
          }
        },
        rule.weightDecay());
  }

  private void orthogonalize(
      MatrixRule rule, NDArray collected, int matrix, List<NDArray> secondMoment) {
    int owner = owners.owner(SPECS.get(matrix).name());
    List<NDArray> array = List.of(whole.get(matrix));
    collectives.gather(owner, List.of(collected), array).await();
    if (owner == collectives.rank()) {
      rule.update(array, secondMoment);
    }
    collectives.broadcast(owner, array).await();
  }

  /** The weights that an element-wise rule comes to. */
  List<float[]> train(ElementRule rule) {
    ElementState state = new ElementState(shards(), shards());
    return train(
        step -> {
          rule.update(rows, state, step);
          collectives.allGather(rows, whole).await();
          if (rule instanceof Sophia sophia) {
            collectives.reduceScatter(gradients(-step), rows);
            sophia.refresh(rows, state);
          }
        },
        WeightDecay.decoupled());
  }

  private List<float[]> train(LongConsumer makeUpdates, WeightDecay decay) {
    for (int step = 1; step <= STEPS; step++) {
      collectives.reduceScatter(gradients(step), rows);
      makeUpdates.accept(step);
      new ParameterUpdate(operators).apply(weights, whole, RATE, DECAY, decay);
    }
    return weights.stream().map(NDArray::toFloatArray).toList();
  }

  /** This rank's share: sums of 7 gradients of whole 1024ths, exact in any order. */
  private List<NDArray> gradients(long step) {
    RowShard share = RowShard.of(SEQUENCES, collectives.worldSize(), collectives.rank());
    return SPECS.stream()
        .map(
            spec -> {
              float[] sum = new float[(int) spec.elements()];
              for (long sequence = share.start(); sequence < share.end(); sequence++) {
                SplittableRandom random =
                    new SplittableRandom(31 * (31 * step + sequence) + spec.elements());
                IntStream.range(0, sum.length)
                    .forEach(i -> sum[i] += random.nextInt(-1024, 1025) / 1024f);
              }
              return manager.create(sum, new Shape(spec.shape()));
            })
        .toList();
  }

  private List<NDArray> shards() {
    Place place = new Place(collectives.rank(), collectives.worldSize());
    return SPECS.stream().map(spec -> zeros(place.shard(spec).rows(), spec.columns())).toList();
  }

  private NDArray zeros(long... shape) {
    return manager.zeros(new Shape(shape));
  }
}
