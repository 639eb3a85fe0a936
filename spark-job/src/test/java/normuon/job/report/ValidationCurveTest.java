package normuon.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValidationCurveTest {

  /** Falls, rises once, falls again; the last interval is shorter. */
  private static final ValidationCurve CURVE =
      new ValidationCurve(List.of(100, 200, 300, 350), List.of(3.0, 2.0, 2.5, 1.5));

  @ParameterizedTest
  @CsvSource({
    "3.5, 100", // before the first evaluation nothing is known
    "3.0, 100",
    "2.75, 125",
    "2.0, 200", // at the target counts
    "1.75, 337.5", // 2.5 to 1.5 within 50 steps
    "1.5, 350"
  })
  void stepsFollowAStraightLineBetweenEvaluations(double target, double steps) {
    assertThat(CURVE.stepsTo(target).orElseThrow()).isCloseTo(steps, within(1e-9));
  }

  @Test
  void targetBelowTheWholeCurveIsNotReached() {
    assertThat(CURVE.stepsTo(1.4999)).isEmpty();
  }

  @Test
  void theFirstCrossingCountsThoughTheLossRisesAgain() {
    assertThat(CURVE.stepsTo(2.2).orElseThrow()).isCloseTo(180, within(1e-9));
  }
}
