package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code optimizer.adamw}.
 *
 * @param learningRate peak learning rate
 * @param weightDecay decoupled weight decay
 * @param beta1 decay of the first moment per step
 * @param beta2 decay of the second moment per step
 * @param epsilon added to the root of the second moment
 */
public record AdamWSettings(
    @Interval("(0, )") double learningRate,
    @Interval("[0, )") double weightDecay,
    @Interval("[0, 1)") double beta1,
    @Interval("[0, 1)") double beta2,
    @Interval("(0, 1)") double epsilon)
    implements Serializable {}
