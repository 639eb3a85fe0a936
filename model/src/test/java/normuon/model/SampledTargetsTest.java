package normuon.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Map;
import normuon.model.GptConfiguration.Mlp;
import normuon.torch.TorchRuntime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Labels drawn from the model's predictions. */
class SampledTargetsTest {

  private static final GptConfiguration SHAPE = TinyModels.shape(2, Mlp.SWIGLU, true, false);

  private NDManager manager;
  private Gpt model;

  @BeforeEach
  void open() {
    manager = TorchRuntime.newManager();
    Map<String, double[][]> weights = TinyModels.weights(SHAPE, 5);
    model = Gpt.of(manager, SHAPE, TinyModels.float32(manager, Gpt.specs(SHAPE), weights::get));
  }

  @AfterEach
  void close() {
    model.close();
    manager.close();
  }

  @Test
  void areTheInverseOfTheCumulativeDistribution() {
    NDArray ids = manager.create(new long[] {4, 7, 9, 0}, new Shape(1, 4)).duplicate();
    float[] logits = model.logits(ids).toFloatArray();
    int vocabulary = SHAPE.vocabularySize();

    for (double uniform = 0; uniform < 1; uniform += 0.01) {
      long[] drawn = model.sampleTargets(ids, uniforms(1, 4, uniform)).toLongArray();
      for (int token = 0; token < 4; token++) {
        assertThat(drawn[token])
            .as("token %d at %s", token, uniform)
            .isEqualTo(inverse(logits, token * vocabulary, vocabulary, uniform));
      }
    }
  }

  @Test
  void stayInTheVocabularyAtTheEnds() {
    NDArray ids = manager.create(new long[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3)).duplicate();

    long[] last = model.sampleTargets(ids, uniforms(2, 3, Math.nextDown(1.0))).toLongArray();
    long[] first = model.sampleTargets(ids, uniforms(2, 3, 0)).toLongArray();

    assertThat(last).hasSize(6).containsOnly(SHAPE.vocabularySize() - 1L);
    assertThat(first).hasSize(6).containsOnly(0);
  }

  private NDArray uniforms(int sequences, int length, double value) {
    double[] values = new double[sequences * length];
    Arrays.fill(values, value);
    return manager.create(values, new Shape(sequences, length)).duplicate();
  }

  /** The first token whose cumulative probability exceeds a number, by plain loops. */
  private static long inverse(float[] logits, int start, int vocabulary, double uniform) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < vocabulary; i++) {
      largest = Math.max(largest, logits[start + i]);
    }
    double total = 0;
    for (int i = 0; i < vocabulary; i++) {
      total += Math.exp(logits[start + i] - largest);
    }
    double cumulative = 0;
    for (int i = 0; i < vocabulary; i++) {
      cumulative += Math.exp(logits[start + i] - largest) / total;
      if (cumulative > uniform) {
        return i;
      }
    }
    return vocabulary - 1;
  }
}
