package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import java.util.stream.LongStream;
import normuon.job.config.RunConfiguration;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The schedules that the configuration names. */
class UpdateRulesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # By hand, for steps 1, 2, 4 and 6 of 6.
          name: constant, warmup_steps: 2 | 0.5, 1, 1, 1
          name: linear, warmup_steps: 2, final_fraction: 0.2 | 0.5, 1, 0.6, 0.2
          name: cosine, warmup_steps: 2, final_fraction: 0.1 | 0.5, 1, 0.55, 0.1
          name: inverse_square_root, warmup_steps: 2 | 0.5, 1, 0.70710678, 0.57735027
          name: warmup_stable_decay, warmup_steps: 2, final_fraction: 0.2, decay_fraction: 0.5 | 0.5, 1, 0.73333333, 0.2
          name: unified_budget_aware, warmup_steps: 2, final_fraction: 0, phi: 1 | 0.5, 1, 0.66666667, 0
          name: unified_budget_aware, warmup_steps: 2, final_fraction: 0.4, phi: 5 | 0.5, 1, 0.57142857, 0.4
          name: unified_budget_aware, warmup_steps: 2, phases: [{share: 0.5, phi: 1, first_fraction: 1, final_fraction: 0.3}, {share: 0.5, phi: 1, first_fraction: 0.2, final_fraction: 0.1}] | 0.5, 1, 0.3, 0.1
          """)
  void learningRatesFollowTheScheduleOfTheConfiguration(String schedule, String expected) {
    UpdateRules rules = rules(6, "schedule: {" + schedule + "}");

    String[] values = expected.split(", ");
    long[] steps = {1, 2, 4, 6};
    for (int i = 0; i < steps.length; i++) {
      assertThat(rules.schedule().multiplier(steps[i]))
          .as("step %d", steps[i])
          .isCloseTo(Double.parseDouble(values[i]), within(1e-8));
    }
  }

  @Test
  void theMomentumOfSpeedrunRisesAndFallsAsPublished() {
    // By hand: 0.85 + 0.1 (t - 1) / 300 up to step 300, 0.95 - 0.1 (t - 1 - 350) / 50 after 350.
    UpdateRules rules = rules(400, "form: speedrun");

    double[] actual =
        LongStream.of(1, 151, 301, 351, 352, 376, 400)
            .mapToDouble(rules.momentum()::momentum)
            .toArray();
    assertThat(actual)
        .containsExactly(new double[] {0.85, 0.9, 0.95, 0.95, 0.948, 0.9, 0.852}, within(1e-12));
  }

  @Test
  void numbersOfTheConfigurationWinOverTheForms() {
    String schedule = "{lowest: 0.5, warmup_steps: 4, cooldown_steps: 0}";
    UpdateRules rules = rules(10, "form: speedrun, momentum: 0.9, momentum_schedule: " + schedule);

    double[] actual =
        LongStream.rangeClosed(1, 6).mapToDouble(rules.momentum()::momentum).toArray();
    assertThat(actual).containsExactly(new double[] {0.5, 0.6, 0.7, 0.8, 0.9, 0.9}, within(1e-12));
  }

  @ParameterizedTest
  @ValueSource(strings = {"paper", "official", "dion"})
  void theMomentumOfOtherFormsStaysAsItIs(String form) {
    UpdateRules rules = rules(10, "form: " + form);

    assertThat(LongStream.rangeClosed(1, 10).mapToDouble(rules.momentum()::momentum))
        .containsOnly(0.95);
  }

  private static UpdateRules rules(int steps, String optimizer) {
    RunConfiguration configuration =
        RunConfiguration.fromYaml(
            "{train: {steps: %d}, optimizer: {%s}}".formatted(steps, optimizer), "test");
    try (NDManager manager = TorchRuntime.newManager()) {
      return UpdateRules.of(manager, configuration, StepRank.SPECS);
    }
  }
}
