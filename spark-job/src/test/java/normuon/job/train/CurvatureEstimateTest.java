package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import normuon.job.comm.Ranks;
import normuon.job.config.RunConfiguration;
import normuon.job.data.Batch;
import normuon.job.data.BatchSource;
import normuon.job.data.SplitMix;
import normuon.job.data.TestTokens;
import normuon.job.data.TokenMixture;
import normuon.job.data.TokenSplit;
import normuon.job.data.TokenUniforms;
import normuon.model.Gpt;
import normuon.model.MicroBatch;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.RowShard;
import normuon.torch.HostBuffers;
import normuon.torch.Initialization;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurvatureEstimateTest {

  private static final int EVERY = 3;
  private static final int SEED = 1;
  private static final long CURSOR = (EVERY - 1L) * StepRank.SEQUENCES;
  private static final RunConfiguration SAMPLED = configuration("sophia_g");
  private static final RunConfiguration HUTCHINSON = configuration("sophia_h");

  @TempDir private Path folder;
  private TokenSplit tokens;

  @BeforeEach
  void writeTokens() throws IOException {
    tokens = TestTokens.split(folder, LongStream.range(0, 600).map(i -> i * i % 11).toArray());
  }

  @Test
  void changesAfterEveryThirdStepOnly() {
    List<Long> checksums =
        onRanks(
                2,
                SAMPLED,
                UnaryOperator.identity(),
                rank -> {
                  TrainStep step = rank.step();
                  Progress progress = Progress.START;
                  List<Long> after = new ArrayList<>();
                  for (int i = 0; i < 3 * EVERY; i++) {
                    step.run(progress);
                    progress = progress.trained(StepRank.SEQUENCES, 0);
                    after.add(ReplicaCheck.checksum(curvatures(rank)));
                  }
                  return after;
                })
            .get(0);

    long none = checksums.get(0);
    long first = checksums.get(2);
    long second = checksums.get(5);
    long third = checksums.get(8);
    assertThat(checksums)
        .containsExactly(none, none, first, first, first, second, second, second, third);
    assertThat(List.of(none, first, second, third)).doesNotHaveDuplicates();
  }

  @Test
  void isTheSquaredGradientForSampledLabelsAtTheNewWeights() {
    onRanks(
        1,
        SAMPLED,
        UnaryOperator.identity(),
        rank -> {
          trainUpToTheEstimate(rank);
          List<float[]> squares = sampledGradients(rank);
          squares.forEach(
              gradient -> {
                for (int i = 0; i < gradient.length; i++) {
                  gradient[i] *= gradient[i];
                }
              });
          requireTakenIn(squares, rank);
          return null;
        });
  }

  @Test
  void isTheDirectionTimesItsHessianProductAtTheNewWeights() {
    onRanks(
        1,
        HUTCHINSON,
        UnaryOperator.identity(),
        rank -> {
          trainUpToTheEstimate(rank);
          List<float[]> products = directedProducts(rank);
          assertThat(products).anyMatch(product -> least(product) < 0);
          requireTakenIn(products, rank);
          return null;
        });
  }

  @Test
  void thatIsNotFiniteIsRefusedOnEveryRank() {
    List<List<Boolean>> outcomes =
        onRanks(
            3,
            SAMPLED,
            NotFiniteOnTheLastRank::new,
            rank -> {
              List<Boolean> refused = new ArrayList<>();
              long before = ReplicaCheck.checksum(curvatures(rank));
              StepOutcome outcome = trainUpToTheEstimate(rank);
              refused.add(outcome.curvatureRefused());
              refused.add(ReplicaCheck.checksum(curvatures(rank)) == before);
              refused.add(Double.isFinite(outcome.loss()));
              return refused;
            });

    assertThat(outcomes).containsOnly(List.of(true, true, true));
  }

  /** The first estimate: h = (1 - beta2) estimate. */
  private static void requireTakenIn(List<float[]> estimates, StepRank rank) {
    double share = 1 - SAMPLED.optimizer().sophia().beta2();
    List<NDArray> curvatures = curvatures(rank);
    for (int i = 0; i < estimates.size(); i++) {
      float[] curvature = curvatures.get(i).toFloatArray();
      double difference = 0;
      double norm = 0;
      for (int j = 0; j < curvature.length; j++) {
        double expected = share * estimates.get(i)[j];
        difference += Math.pow(curvature[j] - expected, 2);
        norm += expected * expected;
      }
      assertThat(Math.sqrt(difference / norm))
          .as("relative distance to the estimate, parameter %d", i)
          .isLessThan(1e-5);
    }
  }

  /** The gradient for labels of all sequences, by the model alone and in one batch. */
  private List<float[]> sampledGradients(StepRank rank) {
    Gpt model = rank.model();
    Batch batch = wholeBatch();
    try (NDManager scope = rank.state().manager().newSubManager()) {
      NDArray inputs = ModelBatch.of(batch, scope, 1).ids();
      NDArray uniforms =
          scope.create(
              TokenUniforms.of(SEED, CURSOR, batch.sequences(), batch.context()),
              inputs.getShape(),
              DataType.FLOAT64);
      model.zeroGradients();
      model.accumulate(inputs, model.sampleTargets(inputs, uniforms), 1);
      return groupOrder(rank).stream().map(NDArray::toFloatArray).toList();
    }
  }

  /** u times H u over all sequences, by the model alone and in one batch. */
  private List<float[]> directedProducts(StepRank rank) {
    Gpt model = rank.model();
    try (NDManager scope = rank.state().manager().newSubManager()) {
      long key = SplitMix.mix(SEED, EVERY, CurvatureEstimate.DIRECTIONS);
      List<NDArray> directions =
          StepRank.SPECS.stream().map(spec -> Initialization.normal(scope, spec, key, 1)).toList();
      MicroBatch batch = ModelBatch.of(wholeBatch(), scope, 1);
      model.zeroGradients();
      model.accumulateHessianProduct(batch.ids(), batch.targets(), directions, 1);
      for (int i = 0; i < directions.size(); i++) {
        model.gradients().get(i).muli(directions.get(i));
      }
      return groupOrder(rank).stream().map(NDArray::toFloatArray).toList();
    }
  }

  /** All sequences of the step that the estimate follows. */
  private Batch wholeBatch() {
    RowShard all = new RowShard(0, StepRank.SEQUENCES);
    return new BatchSource(
            List.of(new TokenMixture.Part(tokens, 1)), StepRank.MODEL.context(), SEED, all, 0)
        .step(CURSOR)
        .get(0);
  }

  private static double least(float[] numbers) {
    double least = numbers[0];
    for (float number : numbers) {
      least = Math.min(least, number);
    }
    return least;
  }

  private static StepOutcome trainUpToTheEstimate(StepRank rank) {
    TrainStep step = rank.step();
    Progress progress = Progress.START;
    StepOutcome outcome = StepOutcome.REFUSED;
    for (int i = 0; i < EVERY; i++) {
      outcome = step.run(progress);
      progress = progress.trained(StepRank.SEQUENCES, 0);
    }
    return outcome;
  }

  private static List<NDArray> curvatures(StepRank rank) {
    return rank.state().elements().stream()
        .flatMap(group -> group.state().curvatures().stream())
        .toList();
  }

  private static List<NDArray> groupOrder(StepRank rank) {
    return rank.state().elements().stream()
        .flatMap(group -> group.specs().stream())
        .map(spec -> rank.model().gradients().get(StepRank.SPECS.indexOf(spec)))
        .toList();
  }

  private interface Work<T> {
    T run(StepRank rank);
  }

  private <T> List<T> onRanks(
      int ranks, RunConfiguration configuration, UnaryOperator<Collectives> fault, Work<T> work) {
    List<ParameterGroup> groups =
        UpdateRules.routing(configuration.optimizer()).groups(StepRank.SPECS);
    try (Ranks all = Ranks.connect(ranks)) {
      return all.run(
          (real, manager) ->
              work.run(new StepRank(configuration, groups, tokens, fault.apply(real), manager)));
    }
  }

  private static RunConfiguration configuration(String name) {
    return RunConfiguration.fromYaml(
        "optimizer: {name: %s, sophia: {refresh_every: %d}, schedule: {name: constant}}"
            .formatted(name, EVERY),
        "test");
  }

  /** The reduced estimate, the fourth sum of gradients, has an infinite element on one rank. */
  private static final class NotFiniteOnTheLastRank extends ForwardingCollectives {

    private int calls;

    NotFiniteOnTheLastRank(Collectives real) {
      super(real);
    }

    @Override
    public void reduceScatter(List<NDArray> whole, List<NDArray> rows) {
      super.reduceScatter(whole, rows);
      calls++;
      if (calls == EVERY + 1 && real.rank() == real.worldSize() - 1) {
        ByteBuffer infinite = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
        HostBuffers.write(infinite.putFloat(Float.POSITIVE_INFINITY).flip(), rows.get(0), 0, 1);
      }
    }
  }
}
