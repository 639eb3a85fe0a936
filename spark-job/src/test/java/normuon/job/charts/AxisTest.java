package normuon.job.charts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.DoubleStream;
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

  @Test
  void ticksOfALogarithmicAxisArePowersOfTenWhereTheyFit() {
    assertThat(ticks(new LogarithmicAxis(0.5, 2000))).containsExactly("1", "10", "100", "1000");
    assertThat(ticks(new LogarithmicAxis(0.4, 6))).containsExactly("0.5", "1", "2", "5");
    assertThat(ticks(new LogarithmicAxis(1.1, 1.5))).contains("1.2", "1.4");
    assertThat(ticks(new LogarithmicAxis(1e-6, 1e6))).hasSizeLessThan(7).startsWith("1e-6");
  }

  @Test
  void equalRatiosHaveEqualDistances() {
    Axis axis = new LogarithmicAxis(1, 100);

    assertThat(axis.share(10)).isEqualTo(0.5);
    assertThat(axis.share(0)).as("no place, so below the begin").isNegative();
    assertThat(LogarithmicAxis.around(DoubleStream.of(-1, 0, Double.NaN)).ticks(5)).isNotEmpty();
    assertThat(LogarithmicAxis.around(DoubleStream.of(3)).share(3)).isBetween(0.4, 0.6);
  }

  @Test
  void labelsOfTicksAreShort() {
    assertThat(NumberText.tick(50_000)).isEqualTo("50k");
    assertThat(NumberText.tick(1_500_000)).isEqualTo("1.5M");
    assertThat(NumberText.tick(2e-5)).isEqualTo("2e-5");
    assertThat(NumberText.tick(0)).isEqualTo("0");
    assertThat(NumberText.tick(-1.5e-4)).isEqualTo("-1.5e-4");
    assertThat(NumberText.exact(1.13190004)).isEqualTo("1.1319");
    assertThat(NumberText.exact(123_450.3)).isEqualTo("123450");
    assertThat(Double.parseDouble(NumberText.exact(1.25e-7))).isEqualTo(1.25e-7);
    assertThat(Double.parseDouble(NumberText.exact(7_654_320.5))).isEqualTo(7_654_320);
    assertThat(NumberText.exact(12_000)).isEqualTo("12000");
  }

  private static String[] ticks(Axis axis) {
    return Arrays.stream(axis.ticks(5)).mapToObj(NumberText::tick).toArray(String[]::new);
  }

  private static String[] labels(Axis axis) {
    return Arrays.stream(axis.ticks(6)).mapToObj(LinearAxis::label).toArray(String[]::new);
  }
}
