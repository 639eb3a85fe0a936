package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** First values: the distribution, and that nothing but seed and name decides them. */
class InitializationTest {

  private final NDManager manager = TorchRuntime.newManager();

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void drawsANormalDistribution() {
    float[] values = draw("weight", 1, 100, 1001);
    assertThat(values).hasSize(100_100);
    double sum = 0;
    double squares = 0;
    int beyondTwo = 0;
    for (float value : values) {
      double standard = value / 0.02;
      sum += standard;
      squares += standard * standard;
      beyondTwo += Math.abs(standard) > 2 ? 1 : 0;
    }
    assertThat(sum / values.length).isCloseTo(0, within(0.015));
    assertThat(squares / values.length).isCloseTo(1, within(0.02));
    assertThat(beyondTwo / (double) values.length).isCloseTo(0.0455, within(0.003));
  }

  @Test
  void seedAndNameDecide() {
    float[] values = draw("a", 1, 5, 5);
    assertThat(draw("a", 1, 5, 5)).isEqualTo(values);
    assertThat(draw("a", 2, 5, 5)).isNotEqualTo(values);
    assertThat(draw("b", 1, 5, 5)).isNotEqualTo(values);
  }

  @Test
  void theShapeOnlyCutsTheSequence() {
    float[] longer = draw("a", 1, 7);
    assertThat(draw("a", 1, 3)).containsExactly(longer[0], longer[1], longer[2]);
  }

  /** Rows of 5 begin in the middle of a pair of values every other time. */
  @Test
  void rowsAreThoseOfTheWhole() {
    float[] whole = draw("a", 1, 7, 5);
    ParameterSpec spec = new ParameterSpec("a", new long[] {7, 5}, Role.MATRIX);
    for (int first = 0; first <= 7; first++) {
      for (int end = first; end <= 7; end++) {
        NDArray rows = Initialization.normal(manager, spec, 1, 0.02, first, end);
        assertThat(rows.getShape()).isEqualTo(new Shape(end - first, 5));
        float[] values = end == first ? new float[0] : rows.toFloatArray();
        assertThat(values)
            .as("rows [%d, %d)", first, end)
            .isEqualTo(Arrays.copyOfRange(whole, 5 * first, 5 * end));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"-1, 3", "2, 1", "0, 8"})
  void rowsOutsideAreRefused(long first, long end) {
    ParameterSpec spec = new ParameterSpec("a", new long[] {7, 5}, Role.MATRIX);
    assertThatThrownBy(() -> Initialization.normal(manager, spec, 1, 0.02, first, end))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid rows [" + first + ", " + end + "): must be within those of a[7, 5] MATRIX");
  }

  private float[] draw(String name, long seed, long... shape) {
    ParameterSpec spec = new ParameterSpec(name, shape, Role.MATRIX);
    return Initialization.normal(manager, spec, seed, 0.02).toFloatArray();
  }
}
