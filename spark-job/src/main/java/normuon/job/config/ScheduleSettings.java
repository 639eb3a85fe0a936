package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code optimizer.schedule}: the factor on the peak learning rates over the steps.
 *
 * @param name the course after the warmup
 * @param warmupSteps steps over which the factor rises from 0 to 1 in a straight line
 * @param finalFraction the factor at the last step
 * @param decayFraction the share of all steps that decay; for {@code warmup_stable_decay} alone
 */
public record ScheduleSettings(
    Name name,
    @Interval("[0, )") int warmupSteps,
    @Interval("[0, 1]") double finalFraction,
    @Interval("(0, 1]") double decayFraction)
    implements Serializable {

  /** The course of the learning rate after the warmup. */
  public enum Name {
    /** Stays at the peak. */
    CONSTANT,
    /** Falls along half a cosine. */
    COSINE,
    /** Stays at the peak, then falls in a straight line over the last steps. */
    WARMUP_STABLE_DECAY
  }
}
