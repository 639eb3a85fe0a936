package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import normuon.job.checkpoint.CheckpointTensor;
import normuon.job.comm.Ranks;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TestTokens;
import normuon.job.data.TokenSplit;
import normuon.job.report.ParameterDiagnostics;
import normuon.model.ActivationCheckpointing;
import normuon.model.ComputeOptions;
import normuon.model.ComputePrecision;
import normuon.model.Gpt;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.shard.CollectiveException;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.Transfer;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run in which ranks hold rows of the weights is the run in which they hold all. */
class ShardedLayoutTest {

  private static final int STEPS = 6;

  @TempDir private Path folder;
  private TokenSplit tokens;

  /** What a run left: every number of a checkpoint, its losses, and what it told of a step. */
  private record Outcome(
      Map<String, Float> numbers, List<Double> losses, Map<Integer, ParameterDiagnostics> told) {}

  @BeforeEach
  void writeTokens() throws IOException {
    tokens = TestTokens.split(folder, LongStream.range(0, 600).map(i -> i * i % 11).toArray());
  }

  @ParameterizedTest
  @CsvSource({
    "2, 2, NONE, 1, 0, normuon",
    "3, 3, BLOCKS, 0, 1, normuon",
    "3, 3, BLOCKS, 1, 0, normuon",
    "1, 1, BLOCKS, 1, 2, normuon",
    "4, 2, BLOCKS, 2, 0, normuon",
    "4, 1, NONE, 0, 1, normuon",
    "5, 5, NONE, 1, 0, adamw",
    "2, 2, NONE, 1, 1, sophia_g",
    "4, 2, NONE, 1, 1, sophia_g"
  })
  void trainsToTheSameBits(
      int ranks,
      int group,
      ActivationCheckpointing checkpointing,
      int kept,
      int microBatch,
      String optimizer) {
    RunConfiguration configuration = configuration(optimizer);
    ComputeOptions compute = new ComputeOptions(ComputePrecision.F32, checkpointing, 0);

    Outcome replicated = train(configuration, ranks, ranks, microBatch, replicated(compute));
    Outcome sharded = train(configuration, ranks, group, microBatch, sharded(compute, kept));

    assertThat(sharded.losses()).isEqualTo(replicated.losses());
    assertThat(sharded.numbers()).isEqualTo(replicated.numbers());
  }

  @Test
  void trainsInBfloat16() {
    RunConfiguration configuration = configuration("normuon");
    ComputeOptions compute =
        new ComputeOptions(ComputePrecision.BF16, ActivationCheckpointing.BLOCKS, 0);

    Outcome replicated = train(configuration, 3, 3, 0, replicated(compute));
    Outcome sharded = train(configuration, 3, 3, 0, sharded(compute, 1));

    assertThat(sharded.numbers()).isEqualTo(replicated.numbers());
  }

  @Test
  void tellsTheSameOfTheOptimizer() {
    RunConfiguration configuration = configuration("normuon");
    ComputeOptions compute = ComputeOptions.DEFAULT;

    Outcome replicated = train(configuration, 4, 4, 0, replicated(compute));
    Outcome sharded = train(configuration, 4, 2, 0, sharded(compute, 1));

    assertThat(sharded.told().keySet()).isEqualTo(replicated.told().keySet());
    sharded
        .told()
        .forEach(
            (place, line) -> {
              ParameterDiagnostics expected = replicated.told().get(place);
              assertThat(line.weightNorm())
                  .isCloseTo(expected.weightNorm(), Percentage.withPercentage(1e-4));
              assertThat(line.updateNorm())
                  .isCloseTo(expected.updateNorm(), Percentage.withPercentage(1e-4));
              assertThat(line.rowNormsAfter() == null).isEqualTo(expected.rowNormsAfter() == null);
              if (line.rowNormsAfter() != null) {
                assertThat(line.rowNormsAfter().median())
                    .isCloseTo(expected.rowNormsAfter().median(), Percentage.withPercentage(1e-3));
              }
            });
  }

  @Test
  void nothingIsFreedBeneathAnExchangeThatDoesNotEnd() {
    RunConfiguration configuration = configuration("normuon");
    try (Ranks ranks = Ranks.connect(1)) {
      List<Long> written =
          ranks.run(
              (collectives, manager) -> {
                Endless endless = new Endless(collectives);
                StepRank rank =
                    new StepRank(
                        configuration,
                        UpdateRules.routing(configuration.optimizer()).groups(StepRank.SPECS),
                        tokens,
                        endless,
                        manager,
                        sharded(ComputeOptions.DEFAULT, 0));
                assertThatThrownBy(() -> rank.step().run(Progress.START)).hasMessage("lost");

                assertThatThrownBy(rank.layout()::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("Cannot stop exchanging weights within 10 s");
                rank.state().close();
                return endless.writeAll();
              });

      assertThat(written.get(0)).isPositive();
    }
  }

  /** Weights arrive when they may, however the thread is told to stop. */
  private static final class Endless extends ForwardingCollectives {

    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile List<NDArray> whole;

    Endless(Collectives real) {
      super(real);
    }

    /** They arrive at last; returns how many numbers there are. */
    long writeAll() {
      whole.forEach(array -> array.set(new float[(int) array.size()]));
      end.countDown();
      return whole.stream().mapToLong(NDArray::size).sum();
    }

    @Override
    public Transfer gatherWeights(List<NDArray> rows, List<NDArray> whole) {
      this.whole = whole;
      begun.countDown();
      return () -> {
        while (end.getCount() > 0) {
          Thread.interrupted();
          LockSupport.parkNanos(1_000_000);
        }
      };
    }

    @Override
    public void requireRunning() {
      try {
        begun.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      throw new CollectiveException("lost");
    }
  }

  private static RunConfiguration configuration(String optimizer) {
    return RunConfiguration.fromYaml(
        "{optimizer: {name: %s, gradient_clip: 0.5, schedule: {warmup_steps: 2}, sophia: {refresh_every: 2}}}"
            .formatted(optimizer),
        "test");
  }

  private static BiFunction<NDManager, Place, RankWeights> replicated(ComputeOptions compute) {
    return (manager, place) ->
        ReplicatedWeights.of(Gpt.create(manager, StepRank.MODEL, compute, 1), place);
  }

  private static BiFunction<NDManager, Place, RankWeights> sharded(
      ComputeOptions compute, int kept) {
    return (manager, place) ->
        ShardedWeights.create(
            manager, new ShardedWeights.Options(StepRank.MODEL, compute, kept), 1, place);
  }

  private Outcome train(
      RunConfiguration configuration,
      int ranks,
      int group,
      int microBatch,
      BiFunction<NDManager, Place, RankWeights> weights) {
    List<ParameterGroup> routed =
        UpdateRules.routing(configuration.optimizer()).groups(StepRank.SPECS);
    try (Ranks all = Ranks.connectGroups(ranks, group)) {
      List<Outcome> outcomes =
          all.run(
              (collectives, manager) ->
                  train(
                      new StepRank(configuration, routed, tokens, collectives, manager, weights),
                      microBatch,
                      collectives.rank() == 0));
      Map<String, Float> numbers = new TreeMap<>();
      Map<Integer, ParameterDiagnostics> told = new TreeMap<>();
      for (Outcome outcome : outcomes) {
        int before = numbers.size();
        numbers.putAll(outcome.numbers());
        assertThat(numbers).as("every number once").hasSize(before + outcome.numbers().size());
        told.putAll(outcome.told());
        assertThat(outcome.losses()).isEqualTo(outcomes.get(0).losses());
      }
      return new Outcome(numbers, outcomes.get(0).losses(), told);
    }
  }

  private static Outcome train(StepRank rank, int microBatch, boolean first) {
    try (WeightLayout layout = rank.layout()) {
      TrainStep step = rank.step(StepRank.SEQUENCES, microBatch);
      Progress progress = Progress.START;
      List<Double> losses = new ArrayList<>();
      RankMeasurement measurement = null;
      for (int i = 0; i < STEPS; i++) {
        measurement = new RankMeasurement(rank.state(), layout, first);
        StepOutcome done = step.run(progress, measurement);
        losses.add(done.loss());
        progress = progress.trained(StepRank.SEQUENCES, done.newtonSchulzCalls());
      }
      return new Outcome(numbers(rank.state()), losses, measurement.parameters());
    }
  }

  /** Every number that this rank writes to a checkpoint, by its tensor and place. */
  private static Map<String, Float> numbers(RankState state) {
    Map<String, Float> numbers = new TreeMap<>();
    for (CheckpointTensor tensor : state.shard()) {
      NDArray array = tensor.array();
      int columns = (int) (array.size() / array.getShape().get(0));
      float[] values = array.toFloatArray();
      for (long row = 0; row < tensor.rows().rows(); row++) {
        for (int column = 0; column < columns; column++) {
          numbers.put(
              "%s %d %d".formatted(tensor.name(), tensor.rows().start() + row, column),
              values[(int) (tensor.firstArrayRow() + row) * columns + column]);
        }
      }
    }
    return numbers;
  }
}
