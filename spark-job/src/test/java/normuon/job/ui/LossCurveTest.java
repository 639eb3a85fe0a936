package normuon.job.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import normuon.job.ui.LossCurve.Point;
import org.junit.jupiter.api.Test;

class LossCurveTest {

  @Test
  void fewStepsAreKeptAsTheyAre() {
    LossCurve curve = new LossCurve(10);
    curve.add(1, 4);
    curve.add(2, 3);
    curve.add(3, Double.NaN);
    curve.add(4, 2.5);

    assertThat(curve.points())
        .as("a refused step has no loss")
        .containsExactly(new Point(1, 4), new Point(2, 3), new Point(4, 2.5));
  }

  @Test
  void aLongRunKeepsItsShapeInBoundedMemory() {
    LossCurve curve = new LossCurve(2000);
    for (int step = 1; step <= 1_000_000; step++) {
      curve.add(step, 5 - step * 1e-6);
    }

    List<Point> points = curve.points();
    assertThat(points).hasSizeBetween(1000, 2000);
    assertThat(points).extracting(Point::step).isSorted().last().isEqualTo(1_000_000);
    int before = 0;
    for (Point point : points) {
      double middle = (before + 1 + point.step()) / 2.0;
      assertThat(point.loss()).isCloseTo(5 - middle * 1e-6, within(1e-9));
      before = point.step();
    }
  }

  @Test
  void stepsThatAreMadeAgainReplaceTheFirst() {
    LossCurve curve = new LossCurve(4);
    for (int step = 1; step <= 7; step++) {
      curve.add(step, 10);
    }
    curve.add(3, 1);

    assertThat(curve.points()).extracting(Point::step).doesNotContain(4, 6, 7).endsWith(3);
    assertThat(curve.points()).extracting(Point::loss).endsWith(1.0);
  }
}
