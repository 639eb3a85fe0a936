package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import java.util.List;
import normuon.optimizer.WeightDecay.Reach;
import normuon.optimizer.WeightDecay.Strength;
import normuon.torch.Autograd;
import org.junit.jupiter.api.Test;

class ParameterUpdateTest extends OptimizerTest {

  @Test
  void decaysTheWeightAndSubtractsTheUpdate() {
    NDArray weight = manager.create(new float[] {4, -8});
    NDArray update = manager.create(new float[] {1, 2});
    new ParameterUpdate(operators).apply(List.of(weight), List.of(update), 0.5, 0.25);
    // (1 - 0.5 0.25) W - 0.5 U
    assertThat(weight.toFloatArray()).containsExactly(3, -8);
    assertThat(update.toFloatArray()).containsExactly(1, 2);
  }

  @Test
  void cautiousDecayLeavesWeightsThatTheUpdateTakesAwayFromZero() {
    NDArray weight = manager.create(new float[] {4, -4, 4, -4, 4, 1e-30f});
    NDArray update = manager.create(new float[] {1, -1, -1, 1, 0, 1e-30f});
    apply(weight, update, Reach.CAUTIOUS, Strength.LINEAR);
    // (1 - 0.5 0.25) W - 0.5 U for the first two and the last two; the others do not decay.
    assertThat(weight.toFloatArray())
        .containsExactly(3, -3, 4.5f, -4.5f, 3.5f, 0.875f * 1e-30f - 0.5f * 1e-30f);
  }

  @Test
  void tiedDecayFollowsTheSquareOfTheLearningRate() {
    for (Reach reach : Reach.values()) {
      NDArray weight = manager.create(new float[] {16});
      apply(weight, weight.zerosLike(), reach, Strength.TIED_TO_LEARNING_RATE);
      assertThat(weight.toFloatArray()).as("%s", reach).containsExactly(16 * (1 - 0.5f * 0.125f));
    }
  }

  private void apply(NDArray weight, NDArray update, Reach reach, Strength strength) {
    new ParameterUpdate(operators)
        .apply(List.of(weight), List.of(update), 0.5, 0.25, new WeightDecay(reach, strength));
  }

  @Test
  void changesWeightsThatRequireGradientsWhileAutogradRecords() {
    NDArray weight = manager.create(new float[] {4, -8});
    weight.setRequiresGradient(true);
    try (Autograd autograd = Autograd.recording()) {
      new ParameterUpdate(operators).apply(List.of(weight), List.of(weight.onesLike()), 1, 0);
      autograd.backward(weight.sum());
    }
    assertThat(weight.toFloatArray()).containsExactly(3, -9);
    assertThat(weight.getGradient().toFloatArray()).containsExactly(1, 1);
  }
}
