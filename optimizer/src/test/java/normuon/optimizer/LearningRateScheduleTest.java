package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

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
  }

  private static void assertMultipliers(LearningRateSchedule schedule, double... expected) {
    double[] actual =
        LongStream.rangeClosed(1, expected.length).mapToDouble(schedule::multiplier).toArray();
    assertThat(actual).containsExactly(expected, within(1e-8));
  }
}
