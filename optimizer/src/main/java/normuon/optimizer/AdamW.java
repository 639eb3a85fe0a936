package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * Adam with decoupled weight decay (I. Loshchilov and F. Hutter, <a
 * href="https://arxiv.org/abs/1711.05101">arXiv 1711.05101</a>), element by element and so on any
 * rows of a parameter of any shape, in float32. {@link AdamWOptions#defaults} are β1 = 0.9, β2 =
 * 0.95, ε = 1e-8. It keeps two numbers for each element, mean and square, zero at first; at step t
 * = 1, 2, …:
 *
 * <pre>
 *   mean   ← β1 mean + (1 − β1) G
 *   square ← β2 square + (1 − β2) G²
 *   U = (mean / (1 − β1ᵗ)) / (√(square / (1 − β2ᵗ)) + ε)
 *   W ← (1 − η λ) W − η U                     everywhere: {@link ParameterUpdate}
 * </pre>
 */
public final class AdamW implements ElementRule {

  private final OptimizerOperators operators;
  private final AdamWOptions options;

  /** Creates the rule. */
  public AdamW(OptimizerOperators operators, AdamWOptions options) {
    this.operators = operators;
    this.options = options;
  }

  @Override
  public long update(List<NDArray> gradients, ElementState state, long step) {
    if (step < 1) {
      throw new IllegalArgumentException("Invalid step " + step + ": must be at least 1");
    }
    operators.adamw(gradients, state, options, step);
    return 0;
  }
}
