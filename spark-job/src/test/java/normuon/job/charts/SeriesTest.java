package normuon.job.charts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SeriesTest {

  @Test
  void aShortSeriesIsDrawnAsItIs() {
    Series series = series(7, 3, 5);

    assertThat(series.thinned(600).values()).containsExactly(7, 3, 5);
    assertThat(series.smooth().values()).containsExactly(7, 3, 5);
    assertThat(series.envelope(600).low()).containsExactly(series.envelope(600).high());
  }

  @Test
  void theEnvelopeOfALongSeriesKeepsItsSpikes() {
    Series series = series(1, 2, 9, 4, 5, -6, 7);
    Series.Envelope envelope = series.envelope(3);

    assertThat(envelope.steps()).containsExactly(3, 6, 7);
    assertThat(envelope.high()).containsExactly(9, 5, 7);
    assertThat(envelope.low()).containsExactly(1, -6, 7);
    assertThat(series.thinned(3).values()).containsExactly(9, -6, 7);
    assertThat(series.medians(3).values()).containsExactly(2, 4, 7);
  }

  @Test
  void smoothingKeepsAStraightLineAndBothEnds() {
    double[] line = IntStream.range(0, 600).mapToDouble(i -> 3.0 * i).toArray();
    assertThat(series(line).smooth().values()).containsExactly(line);

    double[] noise = IntStream.range(0, 600).mapToDouble(i -> i % 2).toArray();
    double[] smooth = series(noise).smooth().values();
    assertThat(smooth[0]).isZero();
    assertThat(smooth[300]).isBetween(0.45, 0.55);
    assertThat(smooth[599]).isEqualTo(1);
  }

  @Test
  void valuesThatAreNotFiniteAreLeftOut() {
    Series finite = series(1, Double.NaN, 3, Double.POSITIVE_INFINITY).finite();

    assertThat(finite.steps()).containsExactly(1, 3);
    assertThat(series(Double.NaN).finite().isEmpty()).isTrue();
    assertThat(series(Double.NaN).finite().last()).isNaN();
  }

  private static Series series(double... values) {
    double[] steps = IntStream.rangeClosed(1, values.length).mapToDouble(i -> i).toArray();
    return new Series(steps, values);
  }
}
