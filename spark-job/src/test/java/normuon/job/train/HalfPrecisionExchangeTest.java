package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import normuon.job.comm.Ranks;
import normuon.job.comm.WirePrecision;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TestTokens;
import normuon.job.data.TokenSplit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training whose gradients, momentum and updates travel in bfloat16. */
class HalfPrecisionExchangeTest {

  private static final int STEPS = 40;
  private static final RunConfiguration CONFIGURATION =
      RunConfiguration.fromYaml("optimizer: {schedule: {warmup_steps: 0}}", "test");

  @TempDir private Path folder;
  private TokenSplit tokens;

  private record Step(double loss, long weights) {}

  @BeforeEach
  void writeTokens() throws IOException {
    tokens = TestTokens.split(folder, LongStream.range(0, 600).map(i -> i * i % 11).toArray());
  }

  @ParameterizedTest(name = "{0} ranks")
  @ValueSource(ints = {2, 3})
  void replicasStayIdenticalAndTheLossFollowsThatInSinglePrecision(int ranks) {
    List<List<Step>> single = train(ranks, WirePrecision.F32);
    List<List<Step>> half = train(ranks, WirePrecision.BF16);

    assertThat(half).as("loss and weights of every step, on every rank").containsOnly(half.get(0));
    assertThat(half.get(0).get(STEPS - 1).weights())
        .as("weights")
        .isNotEqualTo(single.get(0).get(STEPS - 1).weights());
    double first = single.get(0).get(0).loss();
    double last = single.get(0).get(STEPS - 1).loss();
    assertThat(last).as("loss after %d steps", STEPS).isLessThan(first - 0.5);
    assertThat(half.get(0).get(STEPS - 1).loss())
        .as("loss after %d steps in bfloat16", STEPS)
        .isCloseTo(last, within(0.02 * (first - last)));
  }

  private List<List<Step>> train(int ranks, WirePrecision precision) {
    try (Ranks all = Ranks.connect(ranks, precision)) {
      return all.run(
          (collectives, manager) -> {
            StepRank rank =
                new StepRank(
                    CONFIGURATION,
                    UpdateRules.routing(CONFIGURATION.optimizer()).groups(StepRank.SPECS),
                    tokens,
                    collectives,
                    manager);
            TrainStep step = rank.step();
            Progress progress = Progress.START;
            List<Step> steps = new ArrayList<>();
            while (progress.step() < STEPS) {
              StepOutcome outcome = step.run(progress);
              progress = progress.trained(StepRank.SEQUENCES, outcome.newtonSchulzCalls());
              steps.add(new Step(outcome.loss(), rank.weights()));
            }
            return steps;
          });
    }
  }
}
