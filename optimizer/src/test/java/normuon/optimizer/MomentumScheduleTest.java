package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MomentumScheduleTest {

  @ParameterizedTest
  @CsvSource({
    // By hand: 0.85 + 0.1 (t - 1) / 300 up to step 300, 0.95 - 0.1 (t - 1 - 2220) / 50 from 2222.
    "1, 0.85",
    "151, 0.9",
    "300, 0.94966667",
    "301, 0.95",
    "2221, 0.95",
    "2222, 0.948",
    "2246, 0.9",
    "2270, 0.852"
  })
  void risesAndFallsAsInModdedNanogpt(long step, double expected) {
    MomentumSchedule schedule = MomentumSchedule.warmupCooldown(2270, 0.85, 0.95, 300, 50);

    assertThat(schedule.momentum(step)).isCloseTo(expected, within(1e-8));
  }

  @Test
  void withoutWarmupAndCooldownItIsConstant() {
    MomentumSchedule flat = MomentumSchedule.warmupCooldown(10, 0.5, 0.95, 0, 0);
    MomentumSchedule constant = MomentumSchedule.constant(0.95);

    for (long step = 1; step <= 10; step++) {
      assertThat(flat.momentum(step)).isEqualTo(0.95);
      assertThat(constant.momentum(step)).isEqualTo(0.95);
    }
  }

  @Test
  void refusesWhatIsNoMomentum() {
    assertThatThrownBy(() -> MomentumSchedule.constant(1))
        .hasMessage("Invalid momentum 1.0: must be at least 0 and less than 1");
    assertThatThrownBy(() -> MomentumSchedule.warmupCooldown(10, 0.75, 0.5, 1, 1))
        .hasMessageStartingWith("Invalid distance from lowest to peak momentum -0.25");
  }
}
