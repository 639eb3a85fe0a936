package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LearningRateScheduleTest {

  @Test
  void constantStaysAtOneAfterTheWarmup() {
    assertMultipliers(LearningRateSchedule.constant(4), 0.25, 0.5, 0.75, 1, 1, 1);
    assertMultipliers(LearningRateSchedule.constant(0), 1, 1);
  }

  @Test
  void cosineFallsFromOneToTheFinalFraction() {
    // By hand, with progress u = 0, 1/4, 1/2, 3/4, 1 from step 2 to step 6:
    // 0.1 + 0.9 (1 + cos(pi u)) / 2, where cos(pi / 4) = 0.70710678.
    assertMultipliers(
        LearningRateSchedule.cosine(6, 2, 0.1), 0.5, 1, 0.86819805, 0.55, 0.23180195, 0.1);
    assertMultipliers(LearningRateSchedule.cosine(2, 0, 0), 0.5, 0);
  }

  @Test
  void linearFallsFromOneToTheFinalFraction() {
    assertMultipliers(LearningRateSchedule.linear(6, 2, 0.2), 0.5, 1, 0.8, 0.6, 0.4, 0.2);
    assertMultipliers(LearningRateSchedule.linear(4, 0, 0), 0.75, 0.5, 0.25, 0);
  }

  @Test
  void inverseSquareRootGoesOnFromTheWarmup() {
    // By hand: sqrt(4 / 5), sqrt(4 / 6), sqrt(4 / 7), sqrt(4 / 8); at four times the warm-up, half.
    LearningRateSchedule schedule = LearningRateSchedule.inverseSquareRoot(4);
    assertMultipliers(schedule, 0.25, 0.5, 0.75, 1, 0.89442719, 0.81649658, 0.75592895, 0.70710678);
    assertThat(schedule.multiplier(16)).isEqualTo(0.5);
    assertMultipliers(LearningRateSchedule.inverseSquareRoot(0), 1, 0.70710678, 0.57735027, 0.5);
  }

  @ParameterizedTest
  @CsvSource({
    // By hand, at u = 1/4, 1/2, 3/4, 9/10, 1: with c = 1.70710678, 1, 0.29289322, 0.04894348, 0,
    // the fraction 2 c / (2 phi + (2 - phi) c); at u = 1/2 that is 2 / (2 + phi).
    "0.5, 0.9589, 0.8000, 0.4070, 0.0912",
    "1, 0.9210, 0.6667, 0.2555, 0.0478",
    "2, 0.8536, 0.5000, 0.1464, 0.0245",
    "5, 0.6998, 0.2857, 0.0642, 0.0099"
  })
  void oneBudgetPhaseFallsAsPhiSays(
      double phi, double quarter, double half, double threeQuarters, double nineTenths) {
    LearningRateSchedule schedule =
        LearningRateSchedule.unifiedBudgetAware(120, 20, List.of(new BudgetPhase(1, phi, 1, 0)));

    assertThat(schedule.multiplier(10)).as("warm-up").isEqualTo(0.5);
    assertThat(schedule.multiplier(20)).isEqualTo(1);
    assertThat(schedule.multiplier(45)).isCloseTo(quarter, within(5e-5));
    assertThat(schedule.multiplier(70)).isCloseTo(half, within(5e-5));
    assertThat(schedule.multiplier(95)).isCloseTo(threeQuarters, within(5e-5));
    assertThat(schedule.multiplier(110)).isCloseTo(nineTenths, within(5e-5));
    assertThat(schedule.multiplier(120)).isZero();
  }

  @Test
  void aBudgetPhaseWithPhiTwoIsACosine() {
    LearningRateSchedule cosine = LearningRateSchedule.cosine(50, 10, 0.1);
    LearningRateSchedule budget =
        LearningRateSchedule.unifiedBudgetAware(50, 10, List.of(new BudgetPhase(1, 2, 1, 0.1)));

    for (long step = 1; step <= 50; step++) {
      assertThat(budget.multiplier(step)).isCloseTo(cosine.multiplier(step), within(1e-12));
    }
  }

  @Test
  void budgetPhasesFollowEachOther() {
    LearningRateSchedule schedule =
        LearningRateSchedule.unifiedBudgetAware(
            10, 2, List.of(new BudgetPhase(0.5, 1, 1, 0.4), new BudgetPhase(0.5, 5, 0.6, 0.1)));

    // By hand: u = 1/4, 1/2, 3/4, 1 in each phase of four steps, the fractions as above:
    // 0.4 + 0.6 fraction, then 0.1 + 0.5 fraction.
    double[] actual = LongStream.rangeClosed(1, 10).mapToDouble(schedule::multiplier).toArray();
    assertThat(actual)
        .containsExactly(
            new double[] {0.5, 1, 0.9526, 0.8, 0.5533, 0.4, 0.4499, 0.2429, 0.1321, 0.1},
            within(1e-4));
  }

  @Test
  void budgetPhasesMayHaveAnyShares() {
    // By hand: the shares of 8 steps are 2, 5 and 1. Phi 2 is a cosine: (1 + cos(pi u)) / 2 is 0.5
    // and 0 at u = 1/2 and 1; a phase from 0.4 to 0.4 stays there; the last falls to 0 at once.
    assertMultipliers(
        LearningRateSchedule.unifiedBudgetAware(
            8,
            0,
            List.of(
                new BudgetPhase(0.25, 2, 1, 0.4),
                new BudgetPhase(0.625, 1, 0.4, 0.4),
                new BudgetPhase(0.125, 5, 0.4, 0))),
        0.7,
        0.4,
        0.4,
        0.4,
        0.4,
        0.4,
        0.4,
        0);
  }

  @Test
  void aBudgetPhaseTooShortForAStepHasNone() {
    // By hand: 0.01 of four steps is none; the second phase has u = 1/4, 1/2, 3/4, 1 with phi 2.
    assertMultipliers(
        LearningRateSchedule.unifiedBudgetAware(
            4, 0, List.of(new BudgetPhase(0.01, 1, 1, 1), new BudgetPhase(0.99, 2, 1, 0))),
        0.85355339,
        0.5,
        0.14644661,
        0);
  }

  @Test
  void warmupStableDecayFallsInAStraightLineAtTheEnd() {
    // Four of ten steps decay, from 1 at step 6 to 0.2 at step 10.
    assertMultipliers(
        LearningRateSchedule.warmupStableDecay(10, 2, 0.4, 0.2),
        0.5,
        1,
        1,
        1,
        1,
        1,
        0.8,
        0.6,
        0.4,
        0.2);
    assertMultipliers(LearningRateSchedule.warmupStableDecay(3, 0, 0, 0.5), 1, 1, 1);
  }

  @Test
  void aRunNoLongerThanTheWarmupEndsInIt() {
    assertMultipliers(LearningRateSchedule.cosine(3, 4, 0.1), 0.25, 0.5, 0.75);
    // The smaller of warm-up (1/4, 2/4, 3/4, 1) and decay (1, 1, 1/2, 0).
    assertMultipliers(LearningRateSchedule.warmupStableDecay(4, 4, 0.5, 0), 0.25, 0.5, 0.5, 0);
  }

  @Test
  void refusesWhatIsNoSchedule() {
    assertThatThrownBy(() -> LearningRateSchedule.constant(-1))
        .hasMessage("Invalid number of warm-up steps -1.0: must be at least 0");
    assertThatThrownBy(() -> LearningRateSchedule.cosine(10, 0, 1.5))
        .hasMessage("Invalid final fraction 1.5: must be from 0 to 1");
    assertThatThrownBy(() -> LearningRateSchedule.cosine(0, 0, 0.5))
        .hasMessage("Invalid number of steps 0.0: must be greater than 0");
    assertThatThrownBy(() -> LearningRateSchedule.warmupStableDecay(10, 0, -0.1, 0))
        .hasMessage("Invalid decay fraction -0.1: must be from 0 to 1");
    assertThatThrownBy(
            () ->
                LearningRateSchedule.unifiedBudgetAware(
                    10, 0, List.of(new BudgetPhase(0.5, 1, 1, 0))))
        .hasMessage("Invalid shares of the phases, together 0.5: must add up to 1");
    assertThatThrownBy(() -> new BudgetPhase(1, 0, 1, 0))
        .hasMessage("Invalid phi 0.0: must be greater than 0");
  }

  private static void assertMultipliers(LearningRateSchedule schedule, double... expected) {
    double[] actual =
        LongStream.rangeClosed(1, expected.length).mapToDouble(schedule::multiplier).toArray();
    assertThat(actual).containsExactly(expected, within(1e-8));
  }
}
