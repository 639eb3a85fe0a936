package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * Sophia-G: the moving mean of the gradient, divided by an estimate of the diagonal curvature and
 * clipped (H. Liu et al., <a href="https://arxiv.org/abs/2305.14342">arXiv 2305.14342</a>, in the
 * form of the authors' code), element by element and so on any rows of a parameter:
 *
 * <pre>
 *   mean ← β1 mean + (1 − β1) G
 *   U = sign(mean) min(|mean| / (ρ B h + 1e-15), 1)
 *   W ← (1 − η λ) W − η U                     everywhere: {@link ParameterUpdate}
 *   h ← β2 h + (1 − β2) Ĝ²                    after every k-th step: {@link #refresh}
 * </pre>
 *
 * <p>Ĝ is the gradient of the mean loss over B tokens whose labels are drawn from the model's own
 * predictions (Gauss–Newton–Bartlett). Until the first refresh h = 0, and every step is a sign
 * step.
 */
public final class Sophia {

  private final OptimizerOperators operators;
  private final SophiaOptions options;

  /** Creates the rule. */
  public Sophia(OptimizerOperators operators, SophiaOptions options) {
    this.operators = operators;
    this.options = options;
  }

  /**
   * The state of the rows that one rank holds, float32 of the rows' shapes, one array per
   * parameter; zero before the first step.
   *
   * @param means the moving means of the gradients
   * @param curvatures h, the moving means of the squared sampled gradients
   */
  public record State(List<NDArray> means, List<NDArray> curvatures) {}

  /**
   * Turns gradients into updates.
   *
   * @param gradients rows of the mean gradients, float32 of any shapes, possibly empty; they become
   *     U
   * @param state the state of the same rows; the means are changed in place
   * @return how many coordinates were not clipped: between a tenth and half of all is healthy
   */
  public long update(List<NDArray> gradients, State state) {
    return operators.sophia(gradients, state, options);
  }

  /**
   * Takes in a new estimate of the curvature.
   *
   * @param sampledGradients Ĝ, rows of the mean gradients for sampled labels
   * @param state the state of the same rows; the curvatures are changed in place
   */
  public void refresh(List<NDArray> sampledGradients, State state) {
    operators.refreshCurvature(sampledGradients, state, options.beta2());
  }
}
