package normuon.job.config;

import java.io.Serializable;

/**
 * An entry of {@code optimizer.schedule.phases}.
 *
 * @param share the part of the steps after the warmup; all shares add up to 1
 * @param phi the shape of the descent: 2 is half a cosine, less stays high for longer
 * @param firstFraction the factor at the start of the phase
 * @param finalFraction the factor at its last step
 */
public record PhaseSettings(
    @Interval("(0, 1]") double share,
    @Interval("(0, )") double phi,
    @Interval("[0, 1]") double firstFraction,
    @Interval("[0, 1]") double finalFraction)
    implements Serializable {}
