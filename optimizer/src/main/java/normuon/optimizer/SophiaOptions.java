package normuon.optimizer;

/**
 * The numbers of {@link Sophia}.
 *
 * @param beta1 decay of the mean, in [0, 1)
 * @param beta2 decay of the curvature per refresh, in [0, 1)
 * @param rho the ratio of mean to curvature from which on a coordinate is clipped, greater than 0
 * @param tokensPerBatch B, the tokens of a step over all ranks, at least 1: the curvature is
 *     estimated from the gradient of a mean over as many
 */
public record SophiaOptions(double beta1, double beta2, double rho, long tokensPerBatch) {

  /** Checks the numbers. */
  public SophiaOptions {
    Range.decay("beta1", beta1);
    Range.decay("beta2", beta2);
    Range.positive("rho", rho);
    if (tokensPerBatch < 1) {
      throw new IllegalArgumentException(
          "Invalid tokens per batch " + tokensPerBatch + ": must be at least 1");
    }
  }

  /**
   * What the authors train a GPT-2 of 125 million weights with.
   *
   * @param tokensPerBatch B
   */
  public static SophiaOptions defaults(long tokensPerBatch) {
    return new SophiaOptions(0.965, 0.99, 0.05, tokensPerBatch);
  }
}
