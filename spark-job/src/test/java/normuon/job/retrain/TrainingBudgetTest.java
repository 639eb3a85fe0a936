package normuon.job.retrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import normuon.job.config.InitializationSettings.State;
import normuon.job.config.RetrainSettings;
import normuon.job.config.TrainSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingBudgetTest {

  private static final int SEQUENCES_PER_STEP = 12;
  private static final int CONTEXT = 16;

  private static final List<TrainingData> OLD = List.of(data(1, 700), data(2, 1), data(3, 299));

  @ParameterizedTest
  @CsvSource({"0.5, 1, 130", "0.5, 2.5, 130", "0.9, 1, 7", "0.01, 3, 999", "0.25, 0.1, 130"})
  void theNewRowsAreUsedAsOftenAsTheirEpochsSayAndOldOnesFillTheRest(
      double oldShare, double epochs, long fresh) {
    TrainingBudget budget = of(settings(oldShare, epochs, 0), fresh);

    DataUse ofFresh = budget.uses().get(3);
    assertThat(ofFresh.sequences()).isEqualTo(Math.round(epochs * fresh));
    assertThat(ofFresh.epochs()).isCloseTo(epochs, within(0.5 / fresh));
    long all = sequences(budget);
    assertThat(all).isEqualTo((long) budget.steps() * SEQUENCES_PER_STEP);
    double ofOld = all - ofFresh.sequences();
    assertThat(ofOld)
        .as("the share, and what fills the last step")
        .isBetween(oldShare * all - 1, oldShare * all + SEQUENCES_PER_STEP);
    for (int i = 0; i < OLD.size(); i++) {
      assertThat((double) budget.uses().get(i).sequences())
          .isCloseTo(ofOld * OLD.get(i).sequences() / 1000, within(1.0));
    }
  }

  @Test
  void tokensSayHowLong() {
    TrainingBudget budget = of(settings(0.25, 0, 16_000), 130);

    assertThat(budget.steps()).as("1000 sequences").isEqualTo(84);
    assertThat(sequences(budget)).isEqualTo(84 * 12);
    assertThat(budget.uses().get(3).sequences()).isEqualTo(756);
    assertThat(budget.uses().get(3).epochs()).isCloseTo(756 / 130.0, within(1e-12));
  }

  @Test
  void withoutOldRowsNewOnesFillTheLastStep() {
    TrainingBudget budget = of(settings(0, 1, 0), 130);

    assertThat(budget.steps()).isEqualTo(11);
    assertThat(budget.uses()).extracting(DataUse::sequences).containsExactly(0L, 0L, 0L, 132L);
  }

  @Test
  void theFirstGenerationIsTrainedByTheOrdinarySettings() {
    TrainSettings train =
        new TrainSettings(
            2,
            50,
            1,
            SEQUENCES_PER_STEP,
            0,
            TrainSettings.Precision.F32,
            TrainSettings.ActivationCheckpointing.NONE,
            0,
            1,
            0);

    TrainingBudget budget = TrainingBudget.ofFirst(train, data(1, 300));

    assertThat(budget)
        .isEqualTo(new TrainingBudget(50, List.of(new DataUse(1, "tokens-1", 300, 600, 2))));
  }

  private static TrainingBudget of(RetrainSettings settings, long fresh) {
    return TrainingBudget.of(settings, SEQUENCES_PER_STEP, CONTEXT, OLD, data(4, fresh));
  }

  private static long sequences(TrainingBudget budget) {
    return budget.uses().stream().mapToLong(DataUse::sequences).sum();
  }

  private static TrainingData data(int generation, long sequences) {
    return new TrainingData(generation, "tokens-" + generation, sequences);
  }

  private static RetrainSettings settings(double oldShare, double epochs, long tokens) {
    return new RetrainSettings("line", oldShare, epochs, tokens, State.WEIGHTS, 0.02);
  }
}
