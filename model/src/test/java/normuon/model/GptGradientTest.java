package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.List;
import java.util.Map;
import normuon.torch.ParameterSpec;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The hand-written backward pass against central differences of the loss, in float64. */
class GptGradientTest {

  private static final double STEP = 3e-6;

  /** Elements to try of every parameter. */
  private static final int SAMPLE = 12;

  @ParameterizedTest
  @MethodSource("normuon.model.TinyModels#variants")
  void everyGradientEqualsACentralDifference(GptConfiguration shape) {
    Map<String, double[][]> weights = TinyModels.weights(shape, 7);
    List<ParameterSpec> specs = Gpt.specs(shape);
    try (NDManager manager = TorchRuntime.newManager();
        Gpt model = Gpt.of(manager, shape, TinyModels.float64(manager, specs, weights::get))) {
      NDArray ids = manager.create(TinyModels.tokens(12, 11, 8), new Shape(2, 6));
      NDArray targets = manager.create(TinyModels.tokens(12, 11, 9), new Shape(2, 6));
      double weight = 0.75;
      model.accumulate(ids, targets, weight);
      for (int i = 0; i < specs.size(); i++) {
        double[] gradient = model.gradients().get(i).toDoubleArray();
        DoubleBuffer values = live(model.parameters().get(i));
        double largest = 0;
        int stride = Math.max(1, gradient.length / SAMPLE);
        for (int j = i % stride; j < gradient.length; j += stride) {
          double expected = weight * centralDifference(model, values, j, ids, targets);
          assertThat(gradient[j])
              .as("%s element %d", specs.get(i), j)
              .isCloseTo(expected, within(5e-9));
          largest = Math.max(largest, Math.abs(expected));
        }
        assertThat(largest).as("%s", specs.get(i)).isGreaterThan(1e-5);
      }
    }
  }

  private static double centralDifference(
      Gpt model, DoubleBuffer values, int index, NDArray ids, NDArray targets) {
    double value = values.get(index);
    values.put(index, value + STEP);
    double above = loss(model, ids, targets);
    values.put(index, value - STEP);
    double below = loss(model, ids, targets);
    values.put(index, value);
    return (above - below) / (2 * STEP);
  }

  private static double loss(Gpt model, NDArray ids, NDArray targets) {
    try (NDArray loss = model.loss(ids, targets)) {
      return loss.toDoubleArray()[0];
    }
  }

  private static DoubleBuffer live(NDArray array) {
    return array.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
  }
}
