package normuon.job.train;

/**
 * What a step came to, the same on every rank.
 *
 * @param loss mean training loss of the step's sequences over all ranks, in nats per token; NaN if
 *     the step was refused
 * @param gradientNorm global norm of the raw mean gradient, before clipping; NaN if the step was
 *     refused
 * @param newtonSchulzCalls matrices orthogonalized in this step, over all ranks
 * @param unclippedFraction share of Sophia's coordinates that were not clipped, over all ranks; NaN
 *     if there are none, or if the step was refused
 * @param curvatureRefused whether an estimate of the curvature was thrown away, as it was not
 *     finite
 */
record StepOutcome(
    double loss,
    double gradientNorm,
    long newtonSchulzCalls,
    double unclippedFraction,
    boolean curvatureRefused) {

  /** Of a step whose gradient was not finite. */
  static final StepOutcome REFUSED = new StepOutcome(Double.NaN, Double.NaN, 0, Double.NaN, false);
}
