package normuon.optimizer;

import ai.djl.ndarray.NDArray;

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
   * Applies an update; a gradient that the weight requires is neither needed nor touched.
   *
   * @param weight W, float32, changed in place
   * @param update U, of the same shape
   * @param learningRate η of this step
   * @param weightDecay λ, decoupled: a share of the weight per unit of learning rate
   */
  public void apply(NDArray weight, NDArray update, double learningRate, double weightDecay) {
    operators.applyUpdate(weight, update, 1 - learningRate * weightDecay, learningRate);
  }
}
