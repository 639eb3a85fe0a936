package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdamWTest extends OptimizerTest {

  @Test
  void firstUpdateIsTheSignOfTheGradient() {
    // Bias correction makes the first moments g and g squared, so that U = g / (|g| + epsilon).
    NDArray gradient = manager.create(new float[] {2, -0.5f, 0, 1e-8f});
    rule().update(List.of(gradient), moments(List.of(gradient)), 1);
    assertThat(gradient.toFloatArray())
        .containsExactly(new float[] {1, -1, 0, 0.5f}, within(1e-6f));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void shardsMakeTheWhole(int worldSize) {
    for (long[] shape : SHAPES) {
      NDArray whole = random(0, shape);
      List<NDArray> shards = shards(whole, worldSize);
      ElementState ofWhole = moments(List.of(whole));
      ElementState ofShards = moments(shards);
      for (int step = 1; step <= 3; step++) {
        whole = random(step, shape);
        shards = shards(whole, worldSize);
        rule().update(List.of(whole), ofWhole, step);
        rule().update(shards, ofShards, step);
        assertThat(together(shards))
            .as("shape %s, step %d", new Shape(shape), step)
            .containsExactly(whole.toFloatArray());
      }
    }
  }

  @Test
  void refusesStepZeroAndMomentsOfOtherParameters() {
    NDArray gradient = random(0, 3);
    ElementState moments = moments(List.of(gradient));
    assertThatThrownBy(() -> rule().update(List.of(gradient), moments, 0))
        .hasMessage("Invalid step 0: must be at least 1");
    assertThatThrownBy(() -> rule().update(List.of(gradient, gradient), moments, 1))
        .hasMessage("Invalid lists of 2 and 1 arrays: must have one length");
    assertThatThrownBy(() -> new AdamWOptions(0.9, 1, 1e-8))
        .hasMessage("Invalid beta2 1.0: must be at least 0 and less than 1");
    assertThatThrownBy(() -> new AdamWOptions(0.9, 0.95, 0))
        .hasMessage("Invalid epsilon 0.0: must be greater than 0");
  }

  private AdamW rule() {
    return new AdamW(operators, AdamWOptions.defaults());
  }

  private ElementState moments(List<NDArray> like) {
    return new ElementState(
        like.stream().map(array -> manager.zeros(array.getShape())).toList(),
        like.stream().map(array -> manager.zeros(array.getShape())).toList());
  }
}
