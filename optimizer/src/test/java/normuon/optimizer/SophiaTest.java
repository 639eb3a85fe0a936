package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SophiaTest extends OptimizerTest {

  private static final SophiaOptions SAMPLED =
      SophiaOptions.gaussNewtonBartlett(0.9, 0.99, 0.05, 8, 10);
  private static final SophiaOptions HUTCHINSON = SophiaOptions.hutchinson(0.9, 0.99, 0.4, 10);

  @Test
  void untilTheFirstRefreshEveryStepIsASignStep() {
    NDArray gradient = manager.create(new float[] {2, -0.5f, 0, 1e-3f}).duplicate();

    long clipped = rule(SAMPLED).update(List.of(gradient), state(List.of(gradient)), 1);

    assertThat(gradient.toFloatArray()).containsExactly(1, -1, 0, 1);
    assertThat(clipped).as("all but the zero").isEqualTo(3);
  }

  @Test
  void largeCurvatureMakesSmallSteps() {
    NDArray gradient = manager.create(new float[] {2, 2}).duplicate();
    ElementState state = state(List.of(gradient));
    rule(SAMPLED).refresh(List.of(manager.create(new float[] {10, 1}).duplicate()), state);

    rule(SAMPLED).update(List.of(gradient), state, 1);

    // mean = 0.1 · 2; h = 0.01 · (100, 1); rho B = 0.4: 0.2 / (0.4, 0.004), clipped at 1.
    assertThat(gradient.toFloatArray()).containsExactly(new float[] {0.5f, 1}, within(1e-6f));
  }

  @Test
  void negativeCurvatureMakesSignSteps() {
    NDArray gradient = manager.create(new float[] {2, -2, 2}).duplicate();
    ElementState state = state(List.of(gradient));
    NDArray products = manager.create(new float[] {100, -100, -1}).duplicate();
    rule(HUTCHINSON).refresh(List.of(products), state);

    rule(HUTCHINSON).update(List.of(gradient), state, 1);

    // mean = 0.1 · 2; h = 0.01 · (100, -100, -1); gamma = 0.4: 0.2 / (0.4, 1e-12, 1e-12).
    assertThat(gradient.toFloatArray()).containsExactly(new float[] {0.5f, -1, 1}, within(1e-6f));
  }

  @Test
  void anEstimateFollowsEveryTenthUpdate() {
    assertThat(LongStream.rangeClosed(1, 35).filter(rule(SAMPLED)::refreshFollows))
        .containsExactly(10L, 20L, 30L);
  }

  static Stream<Arguments> sharded() {
    return Stream.of(SAMPLED, HUTCHINSON)
        .flatMap(options -> Stream.of(1, 2, 3, 5).map(ranks -> Arguments.of(options, ranks)));
  }

  @ParameterizedTest
  @MethodSource("sharded")
  void shardsMakeTheWhole(SophiaOptions options, int worldSize) {
    Sophia rule = rule(options);
    for (long[] shape : SHAPES) {
      NDArray whole = random(0, shape);
      List<NDArray> shards = shards(whole, worldSize);
      ElementState ofWhole = state(List.of(whole));
      ElementState ofShards = state(shards);
      for (int step = 1; step <= 3; step++) {
        whole = random(step, shape);
        shards = shards(whole, worldSize);
        long clipped = rule.update(List.of(whole), ofWhole, step);
        assertThat(rule.update(shards, ofShards, step)).isEqualTo(clipped);
        assertThat(together(shards))
            .as("shape %s, step %d", new Shape(shape), step)
            .containsExactly(whole.toFloatArray());
        NDArray estimate = random(10 + step, shape);
        rule.refresh(List.of(estimate), ofWhole);
        rule.refresh(shards(estimate, worldSize), ofShards);
      }
    }
  }

  @Test
  void refusesNumbersOutOfRange() {
    assertThatThrownBy(() -> SophiaOptions.gaussNewtonBartlett(0.9, 0.99, 0, 8, 10))
        .hasMessage("Invalid rho 0.0: must be greater than 0");
    assertThatThrownBy(() -> SophiaOptions.gaussNewtonBartlett(0.9, 0.99, 0.05, 0, 10))
        .hasMessage("Invalid tokens per batch 0: must be at least 1");
    assertThatThrownBy(() -> SophiaOptions.hutchinson(0.9, 0.99, 0, 10))
        .hasMessage("Invalid gamma 0.0: must be greater than 0");
    assertThatThrownBy(() -> SophiaOptions.hutchinson(0.9, 0.99, 0.01, 0))
        .hasMessage("Invalid refresh interval 0: must be at least 1");
  }

  private Sophia rule(SophiaOptions options) {
    return new Sophia(operators, options);
  }

  private ElementState state(List<NDArray> like) {
    return new ElementState(
        like.stream().map(array -> manager.zeros(array.getShape())).toList(),
        like.stream().map(array -> manager.zeros(array.getShape())).toList());
  }
}
