package normuon.optimizer;

/**
 * The numbers of {@link AdamW}.
 *
 * @param beta1 decay of the mean, in [0, 1)
 * @param beta2 decay of the mean square, in [0, 1)
 * @param epsilon added to the root of the mean square, greater than 0
 */
public record AdamWOptions(double beta1, double beta2, double epsilon) {

  /** Checks the numbers. */
  public AdamWOptions {
    Range.decay("beta1", beta1);
    Range.decay("beta2", beta2);
    Range.positive("epsilon", epsilon);
  }

  /** What language models are usually trained with. */
  public static AdamWOptions defaults() {
    return new AdamWOptions(0.9, 0.95, 1e-8);
  }
}
