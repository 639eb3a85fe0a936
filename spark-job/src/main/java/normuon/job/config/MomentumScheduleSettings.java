package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code optimizer.momentum_schedule}: the course of {@code optimizer.momentum}.
 *
 * @param lowest the momentum of the first step, and after the last
 * @param warmupSteps steps over which it rises from the lowest in a straight line; 0 for none
 * @param cooldownSteps steps over which it falls at the end; 0 for none
 */
public record MomentumScheduleSettings(
    @Interval("[0, 1)") double lowest,
    @Interval("[0, )") int warmupSteps,
    @Interval("[0, )") int cooldownSteps)
    implements Serializable {}
