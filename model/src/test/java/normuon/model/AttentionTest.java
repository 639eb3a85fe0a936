package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.NativeArrays;
import normuon.torch.OperatorKit;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fused attention and rotary positions, each alone, against their formulas. */
class AttentionTest {

  /** Lengths below, at and past the fused kernel's blocks of 32 queries. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 32, 33, 300})
  void fusedAttentionEqualsSoftmaxOfScores(int length) {
    GptConfiguration shape =
        new GptConfiguration(5, 1, 4, 2, 0, 32, 300, Mlp.SWIGLU, 8, false, false, 10000, 1e-6);
    Map<String, double[][]> weights = TinyModels.weights(shape, 1);
    double[][] x = random(length, 32, 2);
    try (NDManager manager = TorchRuntime.newManager();
        GptOperators operators =
            new GptOperators(manager, shape, ComputeOptions.DEFAULT, DataType.FLOAT64);
        NativeArrays input = NativeArrays.of(List.of(manager.create(x)));
        NativeArrays attention =
            NativeArrays.of(
                TinyModels.float64(
                    manager, new ParameterLayout(shape).attention(0), weights::get));
        NativeArrays result = operators.attend(input, attention, 1)) {
      double[] output = result.arrays(manager).get(0).toDoubleArray();
      double[][] y = normalized(x, weights.get("model.layers.0.input_layernorm.weight")[0]);
      double[][] expected = new NaiveGpt(shape, weights).attention(y, "model.layers.0.self_attn.");
      for (int t = 0; t < length; t++) {
        for (int i = 0; i < 32; i++) {
          assertThat(output[t * 32 + i]).isCloseTo(x[t][i] + expected[t][i], within(1e-12));
        }
      }
    }
  }

  @Test
  void rotaryPositionsFollowHuggingFace() {
    GptConfiguration shape =
        new GptConfiguration(5, 1, 1, 1, 0, 8, 20, Mlp.SWIGLU, 8, false, false, 10000, 1e-6);
    double[][] x = random(20, 8, 3);
    try (NDManager manager = TorchRuntime.newManager();
        OperatorKit kit = OperatorKit.load(manager, Gpt.class, "operators.py");
        NativeArrays rotary = RotaryEmbedding.tables(manager, shape, DataType.FLOAT64)) {
      NDArray input = manager.create(x).reshape(new Shape(1, 20, 1, 8));
      NDArray turned = kit.compute(manager, "rotate", input, rotary, 1L);
      double[][] expected = new NaiveGpt(shape, Map.of()).rotate(x);
      double[] actual = turned.toDoubleArray();
      double[] back = kit.compute(manager, "rotate", turned, rotary, -1L).toDoubleArray();
      for (int p = 0; p < 20; p++) {
        for (int i = 0; i < 8; i++) {
          assertThat(actual[p * 8 + i]).isCloseTo(expected[p][i], within(1e-14));
          assertThat(back[p * 8 + i]).isCloseTo(x[p][i], within(1e-14));
        }
      }
    }
  }

  private static double[][] random(int rows, int columns, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[][] x = new double[rows][columns];
    for (double[] row : x) {
      for (int i = 0; i < columns; i++) {
        row[i] = 2 * random.nextDouble() - 1;
      }
    }
    return x;
  }

  private static double[][] normalized(double[][] x, double[] gain) {
    double[][] y = new double[x.length][gain.length];
    for (int t = 0; t < x.length; t++) {
      double meanSquare = 0;
      for (double value : x[t]) {
        meanSquare += value * value / gain.length;
      }
      for (int i = 0; i < gain.length; i++) {
        y[t][i] = x[t][i] / Math.sqrt(meanSquare + 1e-6) * gain[i];
      }
    }
    return y;
  }
}
