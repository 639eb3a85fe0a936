package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code checkpoint}.
 *
 * @param everySteps steps between checkpoints; 0 for one at the end only. Every evaluation is
 *     followed by one, too
 */
public record CheckpointSettings(@Interval("[0, )") int everySteps) implements Serializable {}
