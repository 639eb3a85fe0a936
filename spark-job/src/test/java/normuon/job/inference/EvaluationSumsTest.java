package normuon.job.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EvaluationSumsTest {

  @Test
  void theOrderOfAdditionChangesNothing() {
    Random random = new Random(5);
    List<EvaluationSums> sums = new ArrayList<>();
    double plain = 0;
    for (int i = 0; i < 1000; i++) {
      double loss = random.nextDouble() * Math.pow(10, random.nextInt(-3, 2));
      sums.add(EvaluationSums.of(loss, 4096, 5000));
      plain += loss * 4096;
    }
    EvaluationSums whole = sum(sums);

    assertThat(whole.meanLoss()).isCloseTo(plain / (4096 * 1000), within(1e-9));
    assertThat(whole.tokens()).isEqualTo(4_096_000);
    assertThat(whole.bytes()).isEqualTo(5_000_000);
    for (int i = 0; i < 10; i++) {
      Collections.shuffle(sums, random);
      assertThat(sum(sums)).isEqualTo(whole);
    }
  }

  @Test
  void aLossThatIsNoNumberIsNotLost() {
    EvaluationSums sum =
        EvaluationSums.of(1, 10, 10)
            .plus(EvaluationSums.of(Double.NaN, 10, 10))
            .plus(EvaluationSums.of(Double.POSITIVE_INFINITY, 10, 10));

    assertThat(sum.undefined()).isEqualTo(2);
    assertThat(sum.tokens()).isEqualTo(30);
  }

  @Test
  void tooLargeASumIsAnErrorAndNotAWrongNumber() {
    EvaluationSums large = new EvaluationSums(Long.MAX_VALUE - 1, 1, 1, 0);

    assertThatThrownBy(() -> large.plus(large)).isInstanceOf(ArithmeticException.class);
  }

  private static EvaluationSums sum(List<EvaluationSums> sums) {
    return sums.stream().reduce(EvaluationSums.NONE, EvaluationSums::plus);
  }
}
