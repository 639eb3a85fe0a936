package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
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
    MomentumSchedule published = MomentumRamp.speedrun().schedule(0.95, 2270);

    assertThat(schedule.momentum(step)).isCloseTo(expected, within(1e-8));
    assertThat(published.momentum(step)).isEqualTo(schedule.momentum(step));
  }

  @Test
  void whereRiseAndFallOverlapTheRiseHolds() {
    // By hand: 0.5 + 0.4 (t - 1) / 4 for steps 1 to 4; then 0.9 - 0.4 (t - 1 - 2) / 4.
    MomentumSchedule schedule = MomentumSchedule.warmupCooldown(6, 0.5, 0.9, 4, 4);
    double[] expected = {0.5, 0.6, 0.7, 0.8, 0.7, 0.6};

    double[] actual = LongStream.rangeClosed(1, 6).mapToDouble(schedule::momentum).toArray();
    assertThat(actual).containsExactly(expected, within(1e-12));
  }

  @Test
  void oneOfRiseAndFallIsEnough() {
    // By hand: 0.7 + 0.2 (t - 1) / 2 in steps 1 and 2; 0.9 - 0.3 (t - 1 - 1) / 3 from step 2 on.
    MomentumSchedule rising = MomentumSchedule.warmupCooldown(4, 0.7, 0.9, 2, 0);
    MomentumSchedule falling = MomentumSchedule.warmupCooldown(4, 0.6, 0.9, 0, 3);

    assertThat(LongStream.rangeClosed(1, 4).mapToDouble(rising::momentum).toArray())
        .containsExactly(new double[] {0.7, 0.8, 0.9, 0.9}, within(1e-12));
    assertThat(LongStream.rangeClosed(1, 4).mapToDouble(falling::momentum).toArray())
        .containsExactly(new double[] {0.9, 0.9, 0.8, 0.7}, within(1e-12));
  }

  @Test
  void withoutWarmupAndCooldownItIsConstant() {
    MomentumSchedule flat = MomentumSchedule.warmupCooldown(10, 0.5, 0.95, 0, 0);
    MomentumSchedule constant = MomentumSchedule.constant(0.95);
    MomentumSchedule none = MomentumRamp.none().schedule(0.5, 10);

    for (long step = 1; step <= 10; step++) {
      assertThat(flat.momentum(step)).isEqualTo(0.95);
      assertThat(constant.momentum(step)).isEqualTo(0.95);
      assertThat(none.momentum(step)).isEqualTo(0.5);
    }
  }

  @Test
  void refusesWhatIsNoMomentum() {
    assertThatThrownBy(() -> MomentumSchedule.constant(1))
        .hasMessage("Invalid momentum 1.0: must be at least 0 and less than 1");
    assertThatThrownBy(() -> MomentumSchedule.warmupCooldown(10, 0.75, 0.5, 1, 1))
        .hasMessageStartingWith("Invalid distance from lowest to peak momentum -0.25");
    assertThatThrownBy(() -> new MomentumRamp(0.85, -1, 0))
        .hasMessage("Invalid number of warm-up steps -1.0: must be at least 0");
  }
}
