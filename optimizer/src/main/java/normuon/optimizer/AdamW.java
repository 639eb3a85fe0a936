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
public final class AdamW {

  private final OptimizerOperators operators;
  private final AdamWOptions options;

  /** Creates the rule. */
  public AdamW(OptimizerOperators operators, AdamWOptions options) {
    this.operators = operators;
    this.options = options;
  }

  /**
   * The state of the rows that one rank holds, float32 of the rows' shapes, one array per
   * parameter; zero before the first step.
   *
   * @param means the moving means of the gradients
   * @param squares the moving means of their squares
   */
  public record Moments(List<NDArray> means, List<NDArray> squares) {}

  /**
   * Turns gradients into updates.
   *
   * @param gradients rows of the mean gradients, float32 of any shapes, possibly empty; they become
   *     U
   * @param moments the state of the same rows, changed in place
   * @param step the number of this step, from 1
   */
  public void update(List<NDArray> gradients, Moments moments, long step) {
    if (step < 1) {
      throw new IllegalArgumentException("Invalid step " + step + ": must be at least 1");
    }
    operators.adamw(gradients, moments, options, step);
  }
}
