package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import java.util.List;
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
