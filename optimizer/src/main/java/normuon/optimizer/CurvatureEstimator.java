package normuon.optimizer;

/**
 * How {@link Sophia} estimates the diagonal of the curvature (H. Liu et al., <a
 * href="https://arxiv.org/abs/2305.14342">arXiv 2305.14342</a>, section 2.3). L is the mean loss
 * over the B tokens of a step.
 */
public enum CurvatureEstimator {
  /**
   * Sophia-G: B Ĝ ⊙ Ĝ, where Ĝ is the gradient of L for labels drawn from the model's own
   * predictions; on average the diagonal of the Gauss–Newton matrix, and never negative.
   */
  GAUSS_NEWTON_BARTLETT,
  /**
   * Sophia-H: u ⊙ (∇²L u), where the elements of u are standard normal; on average the diagonal of
   * the Hessian, which may be negative.
   */
  HUTCHINSON
}
