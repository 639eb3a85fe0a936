package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code evaluate}.
 *
 * @param everySteps steps between evaluations on the whole validation split; 0 for one at the end
 *     only
 */
public record EvaluateSettings(@Interval("[0, )") int everySteps) implements Serializable {}
