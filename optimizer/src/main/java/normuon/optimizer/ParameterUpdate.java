package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * The step that every rule ends in: W ← (1 − η λ) W − η U, or another {@link WeightDecay}, in
 * float32 on arrays of any shape. Given the same update it is the same to the bit on every rank.
 */
public final class ParameterUpdate {

  private final OptimizerOperators operators;

  /** Creates the step. */
  public ParameterUpdate(OptimizerOperators operators) {
    this.operators = operators;
  }

  /**
   * Applies updates, with decoupled decay. Weights may require gradients; those are left as they
   * are.
   *
   * @param weights W, float32, changed in place
   * @param updates U, of the same shapes
   * @param learningRate η of this step
   * @param weightDecay λ, decoupled: a share of the weight per unit of learning rate
   */
  public void apply(
      List<NDArray> weights, List<NDArray> updates, double learningRate, double weightDecay) {
    apply(weights, updates, learningRate, weightDecay, WeightDecay.decoupled());
  }

  /**
   * Applies updates. Weights may require gradients; those are left as they are.
   *
   * @param weights W, float32, changed in place
   * @param updates U, of the same shapes
   * @param learningRate η of this step
   * @param coefficient λ
   * @param decay which weights decay, and how λ and η make their decay
   */
  public void apply(
      List<NDArray> weights,
      List<NDArray> updates,
      double learningRate,
      double coefficient,
      WeightDecay decay) {
    double keep = decay.keep(learningRate, coefficient);
    switch (decay.reach()) {
      case DECOUPLED -> operators.applyUpdates(weights, updates, keep, learningRate);
      case CAUTIOUS -> operators.applyUpdatesCautiously(weights, updates, keep, learningRate);
    }
  }
}
