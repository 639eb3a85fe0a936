package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import normuon.torch.ParameterSpec;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Hessian-vector products against central differences of the hand-written gradient, in float64. */
class HessianProductTest {

  private static final double STEP = 1e-6;
  private static final double WEIGHT = 0.75;

  @ParameterizedTest
  @MethodSource("normuon.model.TinyModels#variants")
  void isTheDifferenceOfGradientsAlongTheDirection(GptConfiguration shape) {
    List<ParameterSpec> specs = Gpt.specs(shape);
    Map<String, double[][]> weights = TinyModels.weights(shape, 7);
    Map<String, double[][]> along = TinyModels.weights(shape, 8);
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.of(manager, shape, TinyModels.float64(manager, specs, weights::get))) {
      NDArray ids = manager.create(TinyModels.tokens(12, 11, 8), new Shape(2, 6));
      NDArray targets = manager.create(TinyModels.tokens(12, 11, 9), new Shape(2, 6));
      List<NDArray> directions = TinyModels.float64(manager, specs, along::get);
      List<double[]> expected = centralDifferences(model, directions, ids, targets);

      // More than once, as the runtime may rewrite what it runs often; on top of what is there.
      List<double[]> first = List.of();
      for (int round = 1; round <= 3; round++) {
        model.zeroGradients();
        model.accumulate(ids, targets, 1);
        List<double[]> gradients = numbers(model.gradients());
        model.accumulateHessianProduct(ids, targets, directions, WEIGHT);
        List<double[]> sums = numbers(model.gradients());
        if (round > 1) {
          assertThat(sums.toArray()).as("bits of round %d", round).isEqualTo(first.toArray());
        }
        first = sums;
        for (int i = 0; i < specs.size(); i++) {
          for (int j = 0; j < expected.get(i).length; j++) {
            double product = WEIGHT * expected.get(i)[j];
            assertThat(sums.get(i)[j] - gradients.get(i)[j])
                .as("%s element %d, round %d", specs.get(i), j, round)
                .isCloseTo(product, within(1e-8 * (1 + Math.abs(product))));
          }
          assertThat(Arrays.stream(expected.get(i)).map(Math::abs).max().orElseThrow())
              .as("%s", specs.get(i))
              .isGreaterThan(1e-3);
        }
      }
    }
  }

  /** (g(w + step u) - g(w - step u)) / (2 step) for every parameter. */
  private static List<double[]> centralDifferences(
      Gpt model, List<NDArray> directions, NDArray ids, NDArray targets) {
    List<double[]> above = gradientsAt(model, directions, STEP, ids, targets);
    List<double[]> below = gradientsAt(model, directions, -STEP, ids, targets);
    List<double[]> differences = new ArrayList<>();
    for (int i = 0; i < above.size(); i++) {
      double[] difference = new double[above.get(i).length];
      for (int j = 0; j < difference.length; j++) {
        difference[j] = (above.get(i)[j] - below.get(i)[j]) / (2 * STEP);
      }
      differences.add(difference);
    }
    return differences;
  }

  private static List<double[]> gradientsAt(
      Gpt model, List<NDArray> directions, double step, NDArray ids, NDArray targets) {
    List<double[]> before = numbers(model.parameters());
    for (int i = 0; i < before.size(); i++) {
      DoubleBuffer values = live(model.parameters().get(i));
      double[] direction = directions.get(i).toDoubleArray();
      for (int j = 0; j < direction.length; j++) {
        values.put(j, before.get(i)[j] + step * direction[j]);
      }
    }
    model.zeroGradients();
    model.accumulate(ids, targets, 1);
    for (int i = 0; i < before.size(); i++) {
      live(model.parameters().get(i)).put(0, before.get(i));
    }
    return numbers(model.gradients());
  }

  private static List<double[]> numbers(List<NDArray> arrays) {
    return arrays.stream().map(NDArray::toDoubleArray).toList();
  }

  private static DoubleBuffer live(NDArray array) {
    return array.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
  }
}
