package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GradientClippingTest extends OptimizerTest {

  @Test
  void scalesAllGradientsToTheLargestNorm() {
    // Squared norms 9 and 16: the norm is 5.
    List<NDArray> gradients = List.of(array(3, 0), array(0, -4));
    GradientClipping clipping = clipping(1);
    double[] squares = clipping.squaredNorms(gradients);
    assertThat(squares).containsExactly(9, 16);
    assertThat(clipping.clip(gradients, squares)).isEqualTo(5);
    assertThat(gradients.get(0).toFloatArray()).containsExactly(0.6f, 0);
    assertThat(gradients.get(1).toFloatArray()).containsExactly(0, -0.8f);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 5, 6})
  void leavesSmallerGradientsAsTheyAre(double maximumNorm) {
    List<NDArray> gradients = List.of(array(3, 0), array(0, -4));
    assertThat(clipping(maximumNorm).clip(gradients, new double[] {9, 16})).isEqualTo(5);
    assertThat(gradients.get(0).toFloatArray()).containsExactly(3, 0);
    assertThat(gradients.get(1).toFloatArray()).containsExactly(0, -4);
  }

  @Test
  void normsOfShardsAddUpToTheWhole() {
    NDArray whole = random(1, 33, 257);
    double expected = Math.pow(Distance.norm(Distance.doubles(whole)), 2);
    double sum = 0;
    for (double square : clipping(1).squaredNorms(shards(whole, 40))) {
      sum += square;
    }
    assertThat(sum).isCloseTo(expected, within(1e-12 * expected));
  }

  @Test
  void finiteGradientsHaveFiniteNorms() {
    List<NDArray> gradients = List.of(array(3e38f, 0), array(1e-30f, 0));
    double[] squares = clipping(1).squaredNorms(gradients);
    assertThat(squares[0]).isCloseTo(9e76, within(1e70));
    assertThat(squares[1]).isCloseTo(1e-60, within(1e-66));
    clipping(1).clip(gradients, squares);
    assertThat(gradients.get(0).toFloatArray()[0]).isCloseTo(1, within(1e-6f));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void refusesGradientsThatAreNotFinite(float element) {
    List<NDArray> gradients = List.of(array(3, 0), array(1, element));
    GradientClipping clipping = clipping(1);
    double[] squares = clipping.squaredNorms(gradients);
    assertThatThrownBy(() -> clipping.clip(gradients, squares))
        .isInstanceOfSatisfying(
            NonFiniteGradientException.class, e -> assertThat(e.parameter()).isEqualTo("b"))
        .hasMessageMatching("Invalid gradient of b: squared norm (NaN|Infinity) must be finite");
    assertThat(gradients.get(0).toFloatArray()).as("left as it is").containsExactly(3, 0);
  }

  @Test
  void refusesNegativeNorms() {
    assertThatThrownBy(() -> clipping(-1))
        .hasMessage("Invalid gradient clip -1.0: must be at least 0");
  }

  private NDArray array(float... values) {
    return manager.create(values, new Shape(values.length));
  }

  private GradientClipping clipping(double maximumNorm) {
    return new GradientClipping(
        operators,
        List.of(
            new ParameterSpec("a", new long[] {2}, Role.VECTOR),
            new ParameterSpec("b", new long[] {2}, Role.VECTOR)),
        maximumNorm);
  }
}
