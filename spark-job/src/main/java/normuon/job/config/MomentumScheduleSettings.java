package normuon.job.config;

import java.io.Serializable;
import normuon.optimizer.MomentumRamp;

/**
 * Section {@code optimizer.momentum_schedule}: the course of {@code optimizer.momentum}.
 *
 * @param lowest the momentum of the first step, and after the last
 * @param warmupSteps steps over which it rises from the lowest in a straight line; 0 for none
 * @param cooldownSteps steps over which it falls at the end; 0 for none
 */
public record MomentumScheduleSettings(
    @Interval("[0, 1)") DoubleOrPreset lowest,
    @Interval("[0, )") IntegerOrPreset warmupSteps,
    @Interval("[0, )") IntegerOrPreset cooldownSteps)
    implements Serializable {

  /** The numbers, with those of a form for {@code preset}. */
  MomentumRamp over(MomentumRamp preset) {
    return new MomentumRamp(
        lowest.orElse(preset.lowest()),
        warmupSteps.orElse(preset.warmupSteps()),
        cooldownSteps.orElse(preset.cooldownSteps()));
  }
}
