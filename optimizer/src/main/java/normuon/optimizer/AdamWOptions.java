package normuon.optimizer;

/**
 * The numbers of {@link AdamW}.
 *
 * @param beta1 β1, decay of the mean, in [0, 1)
 * @param beta2 β2, decay of the mean square, in [0, 1)
 * @param epsilon ε, added to the root of the mean square, greater than 0
 */
public record AdamWOptions(double beta1, double beta2, double epsilon) {

  /** Checks the numbers. */
  public AdamWOptions {
    Range.decay("beta1", beta1);
    Range.decay("beta2", beta2);
    Range.positive("epsilon", epsilon);
  }

  /**
   * What language models are usually trained with: β1 = 0.9, β2 = 0.95, ε = 1e-8 (T. Brown et al.,
   * <a href="https://arxiv.org/abs/2005.14165">arXiv 2005.14165</a>).
   */
  public static AdamWOptions defaults() {
    return new AdamWOptions(0.9, 0.95, 1e-8);
  }
}
