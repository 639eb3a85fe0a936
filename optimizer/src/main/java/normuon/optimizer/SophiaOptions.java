package normuon.optimizer;

/**
 * The numbers of {@link Sophia}.
 *
 * @param estimator how the curvature is estimated
 * @param beta1 decay of the mean, in [0, 1)
 * @param beta2 decay of the curvature per refresh, in [0, 1)
 * @param clipRatio κ: a coordinate is clipped where |mean| is at least κ h; greater than 0
 * @param refreshEvery k: updates from one estimate of the curvature to the next, at least 1
 */
public record SophiaOptions(
    CurvatureEstimator estimator, double beta1, double beta2, double clipRatio, int refreshEvery) {

  /** Checks the numbers. */
  public SophiaOptions {
    Range.decay("beta1", beta1);
    Range.decay("beta2", beta2);
    Range.positive("clip ratio", clipRatio);
    if (refreshEvery < 1) {
      throw new IllegalArgumentException(
          "Invalid refresh interval " + refreshEvery + ": must be at least 1");
    }
  }

  /**
   * Sophia-G: κ = ρ B, as h is the moving mean of Ĝ² alone.
   *
   * @param rho ρ, greater than 0
   * @param tokensPerBatch B, the tokens of a step over all ranks, at least 1: the curvature is
   *     estimated from the gradient of a mean over as many
   */
  public static SophiaOptions gaussNewtonBartlett(
      double beta1, double beta2, double rho, long tokensPerBatch, int refreshEvery) {
    Range.positive("rho", rho);
    if (tokensPerBatch < 1) {
      throw new IllegalArgumentException(
          "Invalid tokens per batch " + tokensPerBatch + ": must be at least 1");
    }
    return new SophiaOptions(
        CurvatureEstimator.GAUSS_NEWTON_BARTLETT, beta1, beta2, rho * tokensPerBatch, refreshEvery);
  }

  /**
   * Sophia-H: κ = γ.
   *
   * @param gamma γ, greater than 0
   */
  public static SophiaOptions hutchinson(
      double beta1, double beta2, double gamma, int refreshEvery) {
    Range.positive("gamma", gamma);
    return new SophiaOptions(CurvatureEstimator.HUTCHINSON, beta1, beta2, gamma, refreshEvery);
  }

  /**
   * What the authors train a GPT-2 of 125 million weights with, by Sophia-G.
   *
   * @param tokensPerBatch B
   */
  public static SophiaOptions defaults(long tokensPerBatch) {
    return gaussNewtonBartlett(0.965, 0.99, 0.05, tokensPerBatch, 10);
  }
}
