package normuon.job.train;

/**
 * What a step came to, the same on every rank.
 *
 * @param loss mean training loss of the step's sequences over all ranks, in nats per token
 * @param gradientNorm global norm of the raw mean gradient, before clipping
 * @param newtonSchulzCalls matrices orthogonalized in this step, over all ranks
 */
record StepOutcome(double loss, double gradientNorm, long newtonSchulzCalls) {}
