package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The forward pass against plain loops, and what must hold of any causal model. */
class GptForwardTest {

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = TorchRuntime.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @MethodSource("normuon.model.TinyModels#variants")
  void logitsAndLossEqualPlainLoops(GptConfiguration shape) {
    Map<String, double[][]> weights = TinyModels.weights(shape, 3);
    NaiveGpt naive = new NaiveGpt(shape, weights);
    int length = 7;
    long[] first = TinyModels.tokens(length, shape.vocabularySize(), 4);
    long[] second = TinyModels.tokens(length, shape.vocabularySize(), 5);
    try (Gpt model =
        Gpt.of(manager, shape, TinyModels.float32(manager, Gpt.specs(shape), weights::get))) {
      NDArray ids = manager.create(new long[][] {first, second});
      float[] logits = model.logits(ids).toFloatArray();
      assertThat(logits).hasSize(2 * length * shape.vocabularySize());
      compare(logits, 0, naive.logits(first));
      compare(logits, length * shape.vocabularySize(), naive.logits(second));
      NDArray targets = manager.create(new long[][] {second, first});
      assertThat((double) model.loss(ids, targets).toFloatArray()[0])
          .isCloseTo((naive.loss(first, second) + naive.loss(second, first)) / 2, within(1e-5));
    }
  }

  private static void compare(float[] logits, int offset, double[][] expected) {
    int at = offset;
    for (double[] row : expected) {
      for (double logit : row) {
        assertThat((double) logits[at++]).isCloseTo(logit, within(1e-5));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("normuon.model.TinyModels#variants")
  void changingATokenLeavesEarlierLogitsAlone(GptConfiguration shape) {
    try (Gpt model = Gpt.create(manager, shape, 1)) {
      long[] ids = TinyModels.tokens(8, shape.vocabularySize(), 2);
      float[] before = logits(model, ids);
      int changed = 5;
      ids[changed] = (ids[changed] + 1) % shape.vocabularySize();
      float[] after = logits(model, ids);
      int boundary = changed * shape.vocabularySize();
      for (int i = 0; i < boundary; i++) {
        assertThat(after[i]).isEqualTo(before[i]);
      }
      for (int t = changed; t < ids.length; t++) {
        assertThat(row(after, t, shape)).isNotEqualTo(row(before, t, shape));
      }
    }
  }

  private float[] logits(Gpt model, long[] ids) {
    return model.logits(manager.create(ids, new Shape(1, ids.length))).toFloatArray();
  }

  private static float[] row(float[] logits, int t, GptConfiguration shape) {
    int width = shape.vocabularySize();
    return java.util.Arrays.copyOfRange(logits, t * width, (t + 1) * width);
  }

  @Test
  void beginsWithTheLossOfAUniformGuess() {
    GptConfiguration shape =
        new GptConfiguration(65, 4, 4, 4, 0, 128, 64, Mlp.SWIGLU, 344, false, false, 10000, 1e-6);
    try (Gpt model = Gpt.create(manager, shape, 1337)) {
      NDArray ids = manager.create(TinyModels.tokens(6 * 64, 65, 1), new Shape(6, 64));
      NDArray targets = manager.create(TinyModels.tokens(6 * 64, 65, 2), new Shape(6, 64));
      double loss = model.loss(ids, targets).toFloatArray()[0];
      assertThat(loss).isCloseTo(Math.log(65), within(0.1));
      assertThat(model.accumulate(ids, targets, 1)).isCloseTo(loss, within(1e-6));
    }
  }

  @Test
  void refusesIdsItCannotRead() {
    GptConfiguration shape = TinyModels.shape(4, Mlp.SWIGLU, false, false);
    try (Gpt model = Gpt.create(manager, shape, 1)) {
      NDArray tooLong = manager.create(new long[9], new Shape(1, 9));
      assertThatThrownBy(() -> model.logits(tooLong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Invalid sequence length 9: must be at most model.context 8");
      NDArray floats = manager.create(new float[8], new Shape(1, 8));
      assertThatThrownBy(() -> model.logits(floats))
          .hasMessage("Invalid ids float32 (1, 8): must be int64 [sequences, length]");
      NDArray ids = manager.create(new long[8], new Shape(1, 8));
      NDArray fewer = manager.create(new long[7], new Shape(1, 7));
      assertThatThrownBy(() -> model.accumulate(ids, fewer, 1))
          .hasMessage("Invalid targets of shape (1, 7): must be (1, 8)");
    }
  }
}
