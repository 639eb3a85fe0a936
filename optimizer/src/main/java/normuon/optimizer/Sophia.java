package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * Sophia: the moving mean of the gradient, divided by an estimate of the diagonal curvature and
 * clipped (H. Liu et al., <a href="https://arxiv.org/abs/2305.14342">arXiv 2305.14342</a>, in the
 * form of the authors' code), element by element and so on any rows of a parameter:
 *
 * <pre>
 *   mean ← β1 mean + (1 − β1) G
 *   U = sign(mean) min(|mean| / max(κ h, ε), 1)
 *   W ← (1 − η λ) W − η U                     everywhere: {@link ParameterUpdate}
 *   h ← β2 h + (1 − β2) estimate              after every k-th update: {@link #refresh}
 * </pre>
 *
 * <table>
 * <caption>The two estimates, see {@link CurvatureEstimator}</caption>
 * <tr><th></th><th>Sophia-G</th><th>Sophia-H</th></tr>
 * <tr><td>estimate</td><td>Ĝ ⊙ Ĝ</td><td>u ⊙ (∇²L u)</td></tr>
 * <tr><td>κ</td><td>ρ B, ρ = 0.05</td><td>γ = 0.01</td></tr>
 * <tr><td>max(κ h, ε)</td><td>κ h + 1e-15</td><td>max(κ h, 1e-12)</td></tr>
 * </table>
 *
 * <p>Until the first refresh h = 0, and every step is a sign step; so it is, with Sophia-H, where h
 * is negative.
 */
public final class Sophia implements ElementRule {

  private final OptimizerOperators operators;
  private final SophiaOptions options;

  /** Creates the rule. */
  public Sophia(OptimizerOperators operators, SophiaOptions options) {
    this.operators = operators;
    this.options = options;
  }

  /** The numbers of the rule. */
  public SophiaOptions options() {
    return options;
  }

  /**
   * {@inheritDoc}
   *
   * <p>It is healthy that between a half and nine tenths of all coordinates are clipped.
   */
  @Override
  public long update(List<NDArray> gradients, ElementState state, long step) {
    return operators.sophia(gradients, state, options);
  }

  /**
   * Whether a new estimate of the curvature follows an update: every k-th.
   *
   * @param step the number of the update, from 1
   */
  public boolean refreshFollows(long step) {
    return step % options.refreshEvery() == 0;
  }

  /**
   * Takes in a new estimate of the curvature.
   *
   * @param estimates rows of the mean gradients Ĝ for sampled labels (Sophia-G; they are squared
   *     here), or rows of u ⊙ (∇²L u) (Sophia-H)
   * @param state the state of the same rows; the curvatures are changed in place
   */
  public void refresh(List<NDArray> estimates, ElementState state) {
    switch (options.estimator()) {
      case GAUSS_NEWTON_BARTLETT ->
          operators.averageSquares(estimates, state.curvatures(), options.beta2());
      case HUTCHINSON -> operators.average(estimates, state.curvatures(), options.beta2());
    }
  }
}
