package normuon.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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

  private float[] draw(String name, long seed, long... shape) {
    ParameterSpec spec = new ParameterSpec(name, shape, Role.MATRIX);
    return Initialization.normal(manager, spec, seed, 0.02).toFloatArray();
  }
}
