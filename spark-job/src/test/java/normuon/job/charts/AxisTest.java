package normuon.job.charts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class AxisTest {

  @Test
  void ticksAreRoundAndWithinTheRange() {
    assertThat(labels(new LinearAxis(0, 600)))
        .containsExactly("0", "100", "200", "300", "400", "500", "600");
    assertThat(labels(new LinearAxis(1.12, 3.93))).containsExactly("1.5", "2", "2.5", "3", "3.5");
    assertThat(labels(new LinearAxis(0.1, 0.31)))
        .containsExactly("0.1", "0.15", "0.2", "0.25", "0.3");
    assertThat(labels(new LinearAxis(0, 2_000_000))).contains("500000", "2000000").hasSize(5);
  }

  @Test
  void aRangeWithoutExtentHasItsValueInTheMiddle() {
    assertThat(new LinearAxis(2, 2).share(2)).isEqualTo(0.5);
    assertThat(new LinearAxis(2, 4).share(3.5)).isEqualTo(0.75);
  }

  private static String[] labels(Axis axis) {
    return Arrays.stream(axis.ticks(6)).mapToObj(LinearAxis::label).toArray(String[]::new);
  }
}
