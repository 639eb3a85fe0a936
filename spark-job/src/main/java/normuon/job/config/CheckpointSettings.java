package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code checkpoint}.
 *
 * @param everySteps steps between checkpoints; 0 for one at the end only. Every evaluation is
 *     followed by one, too
 * @param keepLast how many of the last checkpoints are kept; 0 for all
 * @param keepEverySteps checkpoints of multiples of this step are kept, too; 0 for none
 * @param ignoreDamaged whether a run whose checkpoints are all damaged starts again at step 0
 */
public record CheckpointSettings(
    @Interval("[0, )") int everySteps,
    @Interval("[0, )") int keepLast,
    @Interval("[0, )") int keepEverySteps,
    boolean ignoreDamaged)
    implements Serializable {}
