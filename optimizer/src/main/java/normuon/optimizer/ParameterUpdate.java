package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * The step that every rule ends in: W ← (1 − η λ) W − η U. Given the same update it is the same to
 * the bit on every rank.
 */
public final class ParameterUpdate {

  private final OptimizerOperators operators;

  /** Creates the step. */
  public ParameterUpdate(OptimizerOperators operators) {
    this.operators = operators;
  }

  /**
   * Applies updates. Weights may require gradients; those are left as they are.
   *
   * @param weights W, float32, changed in place
   * @param updates U, of the same shapes
   * @param learningRate η of this step
   * @param weightDecay λ, decoupled: a share of the weight per unit of learning rate
   */
  public void apply(
      List<NDArray> weights, List<NDArray> updates, double learningRate, double weightDecay) {
    operators.applyUpdates(weights, updates, 1 - learningRate * weightDecay, learningRate);
  }
}
