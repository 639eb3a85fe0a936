package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code optimizer.sophia}.
 *
 * @param learningRate peak learning rate
 * @param weightDecay decoupled weight decay
 * @param beta1 decay of the mean of the gradients per step
 * @param beta2 decay of the curvature per estimate of it
 * @param rho the curvature's factor in Sophia-G, times the tokens of a step, in what divides the
 *     mean
 * @param gamma the same in Sophia-H, by itself
 * @param refreshEvery steps from one estimate of the curvature to the next
 */
public record SophiaSettings(
    @Interval("(0, )") double learningRate,
    @Interval("[0, )") double weightDecay,
    @Interval("[0, 1)") double beta1,
    @Interval("[0, 1)") double beta2,
    @Interval("(0, )") double rho,
    @Interval("(0, )") double gamma,
    @Interval("[1, )") int refreshEvery)
    implements Serializable {}
