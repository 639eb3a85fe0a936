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

class SophiaTest extends OptimizerTest {

  private static final SophiaOptions OPTIONS = new SophiaOptions(0.9, 0.99, 0.05, 8);

  @Test
  void untilTheFirstRefreshEveryStepIsASignStep() {
    NDArray gradient = manager.create(new float[] {2, -0.5f, 0, 1e-3f}).duplicate();

    long unclipped = rule().update(List.of(gradient), state(List.of(gradient)));

    assertThat(gradient.toFloatArray()).containsExactly(1, -1, 0, 1);
    assertThat(unclipped).as("the zero alone").isEqualTo(1);
  }

  @Test
  void largeCurvatureMakesSmallSteps() {
    NDArray gradient = manager.create(new float[] {2, 2}).duplicate();
    Sophia.State state = state(List.of(gradient));
    rule().refresh(List.of(manager.create(new float[] {10, 1}).duplicate()), state);

    rule().update(List.of(gradient), state);

    // mean = 0.1 · 2; h = 0.01 · (100, 1); rho B = 0.4: 0.2 / (0.4, 0.004), clipped at 1.
    assertThat(gradient.toFloatArray()).containsExactly(new float[] {0.5f, 1}, within(1e-6f));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void shardsMakeTheWhole(int worldSize) {
    for (long[] shape : SHAPES) {
      NDArray whole = random(0, shape);
      List<NDArray> shards = shards(whole, worldSize);
      Sophia.State ofWhole = state(List.of(whole));
      Sophia.State ofShards = state(shards);
      for (int step = 1; step <= 3; step++) {
        whole = random(step, shape);
        shards = shards(whole, worldSize);
        long unclipped = rule().update(List.of(whole), ofWhole);
        assertThat(rule().update(shards, ofShards)).isEqualTo(unclipped);
        assertThat(together(shards))
            .as("shape %s, step %d", new Shape(shape), step)
            .containsExactly(whole.toFloatArray());
        NDArray sampled = random(10 + step, shape);
        rule().refresh(List.of(sampled), ofWhole);
        rule().refresh(shards(sampled, worldSize), ofShards);
      }
    }
  }

  @Test
  void refusesNumbersOutOfRange() {
    assertThatThrownBy(() -> new SophiaOptions(0.9, 0.99, 0, 8))
        .hasMessage("Invalid rho 0.0: must be greater than 0");
    assertThatThrownBy(() -> new SophiaOptions(0.9, 0.99, 0.05, 0))
        .hasMessage("Invalid tokens per batch 0: must be at least 1");
  }

  private Sophia rule() {
    return new Sophia(operators, OPTIONS);
  }

  private Sophia.State state(List<NDArray> like) {
    return new Sophia.State(
        like.stream().map(array -> manager.zeros(array.getShape())).toList(),
        like.stream().map(array -> manager.zeros(array.getShape())).toList());
  }
}
