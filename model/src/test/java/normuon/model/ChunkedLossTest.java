package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loss over a few tokens at a time against the loss over all at once. */
class ChunkedLossTest {

  private static final int TOKENS = 4 * 32;

  private static GptConfiguration shape(boolean tiedHead) {
    return new GptConfiguration(
        301, 2, 4, 2, 0, 32, 32, Mlp.SWIGLU, 48, false, tiedHead, 1e4, 1e-6);
  }

  /** One token, a prime number that leaves a rest, all but one, and more than there are. */
  @ParameterizedTest
  @CsvSource({"1, false", "37, false", "37, true", "127, false", "1000, true"})
  void chunksAddUpToTheWhole(int chunk, boolean tiedHead) {
    GptConfiguration shape = shape(tiedHead);
    try (NDManager manager = TorchRuntime.newManager();
        Gpt whole = Gpt.create(manager, shape, options(TOKENS), 1);
        Gpt chunked = Gpt.create(manager, shape, options(chunk), 1)) {
      NDArray ids = tokens(manager, 1);
      NDArray targets = tokens(manager, 2);
      double expected = whole.accumulate(ids, targets, 0.5);

      assertThat(chunked.accumulate(ids, targets, 0.5)).isCloseTo(expected, within(1e-6));
      assertThat((double) chunked.loss(ids, targets).getFloat())
          .as("forward alone")
          .isCloseTo(expected, within(1e-6));
      assertThat(Gradients.distance(chunked, whole)).isLessThan(1e-6);
      assertThat(chunked.sampleTargets(ids, uniforms(manager)).toLongArray())
          .isEqualTo(whole.sampleTargets(ids, uniforms(manager)).toLongArray());
    }
  }

  @Test
  void theSameChunksGiveTheSameBits() {
    try (NDManager manager = TorchRuntime.newManager();
        Gpt one = Gpt.create(manager, shape(false), options(37), 1);
        Gpt other = Gpt.create(manager, shape(false), options(37), 1)) {
      NDArray ids = tokens(manager, 1);
      for (int pass = 0; pass < 4; pass++) {
        assertThat(one.accumulate(ids, ids, 1)).isEqualTo(other.accumulate(ids, ids, 1));
        assertThat(Gradients.of(one)).usingRecursiveComparison().isEqualTo(Gradients.of(other));
        one.zeroGradients();
        other.zeroGradients();
      }
    }
  }

  @Test
  void aNegativeChunkIsRefused() {
    assertThatThrownBy(() -> options(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid loss chunk of -1 tokens: must be at least 0");
  }

  private static ComputeOptions options(int chunk) {
    return new ComputeOptions(ComputePrecision.F32, ActivationCheckpointing.NONE, chunk);
  }

  private static NDArray tokens(NDManager manager, long seed) {
    return manager.create(TinyModels.tokens(TOKENS, 301, seed), new Shape(4, 32)).duplicate();
  }

  private static NDArray uniforms(NDManager manager) {
    double[] values = new double[TOKENS];
    for (int i = 0; i < TOKENS; i++) {
      values[i] = (i + 0.5) / TOKENS;
    }
    return manager.create(values, new Shape(4, 32)).duplicate();
  }
}
