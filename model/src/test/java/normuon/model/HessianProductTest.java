package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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
          double[] product = difference(sums.get(i), gradients.get(i), 1 / WEIGHT);
          assertThat(largest(difference(product, expected.get(i), 1)))
              .as("largest deviation in %s, round %d", specs.get(i), round)
              .isLessThan(1e-8 * (1 + largest(expected.get(i))));
          assertThat(largest(expected.get(i))).as("%s", specs.get(i)).isGreaterThan(1e-3);
        }
      }
    }
  }

  /** (g(w + step u) - g(w - step u)) / (2 step) for every parameter. */
  private static List<double[]> centralDifferences(
      Gpt model, List<NDArray> directions, NDArray ids, NDArray targets) {
    List<double[]> above = gradientsAt(model, directions, STEP, ids, targets);
    List<double[]> below = gradientsAt(model, directions, -STEP, ids, targets);
    return IntStream.range(0, above.size())
        .mapToObj(i -> difference(above.get(i), below.get(i), 1 / (2 * STEP)))
        .toList();
  }

  private static double[] difference(double[] a, double[] b, double factor) {
    return IntStream.range(0, a.length).mapToDouble(i -> factor * (a[i] - b[i])).toArray();
  }

  private static double largest(double[] numbers) {
    return Arrays.stream(numbers).map(Math::abs).max().orElseThrow();
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
