package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.DoubleBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TokenUniformsTest {

  @Test
  void dependOnTheSequenceAndNotOnWhatGoesWithIt() {
    double[] together = numbers(TokenUniforms.of(7, 100, 6, 5));

    for (int sequence = 0; sequence < 6; sequence++) {
      assertThat(numbers(TokenUniforms.of(7, 100 + sequence, 1, 5)))
          .as("sequence %d", sequence)
          .isEqualTo(Arrays.copyOfRange(together, 5 * sequence, 5 * sequence + 5));
    }
    assertThat(together).doesNotHaveDuplicates();
    assertThat(numbers(TokenUniforms.of(8, 100, 6, 5))).doesNotContain(together);
  }

  @Test
  void areUniform() {
    double[] numbers = numbers(TokenUniforms.of(1, 0, 500, 200));

    double mean = Arrays.stream(numbers).average().orElseThrow();
    double square = Arrays.stream(numbers).map(x -> x * x).average().orElseThrow();
    assertThat(Arrays.stream(numbers)).allMatch(x -> x >= 0 && x < 1);
    // Four standard deviations of means over 100,000 numbers.
    assertThat(mean).isCloseTo(1.0 / 2, within(4 * 0.289 / Math.sqrt(numbers.length)));
    assertThat(square).isCloseTo(1.0 / 3, within(4 * 0.298 / Math.sqrt(numbers.length)));
  }

  private static double[] numbers(DoubleBuffer buffer) {
    double[] numbers = new double[buffer.remaining()];
    buffer.get(numbers);
    return numbers;
  }
}
