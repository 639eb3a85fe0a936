package normuon.job.config;

import java.io.Serializable;
import java.util.List;

/**
 * Section {@code optimizer.schedule}: the factor on the peak learning rates over the steps.
 *
 * @param name the course after the warmup
 * @param warmupSteps steps over which the factor rises from 0 to 1 in a straight line
 * @param finalFraction the factor at the last step; not for {@code inverse_square_root}
 * @param decayFraction the share of all steps that decay; for {@code warmup_stable_decay} alone
 * @param phi the shape of the descent; for {@code unified_budget_aware} alone
 * @param phases phases of {@code unified_budget_aware}; none for a single one with {@code phi} from
 *     1 to the final fraction
 */
public record ScheduleSettings(
    Name name,
    @Interval("[0, )") int warmupSteps,
    @Interval("[0, 1]") double finalFraction,
    @Interval("(0, 1]") double decayFraction,
    @Interval("(0, )") double phi,
    List<PhaseSettings> phases)
    implements Serializable {

  /** Keeps a copy of the list. */
  public ScheduleSettings {
    phases = List.copyOf(phases);
  }

  /** The course of the learning rate after the warmup. */
  public enum Name {
    /** Stays at the peak. */
    CONSTANT,
    /** Falls in a straight line. */
    LINEAR,
    /** Falls along half a cosine. */
    COSINE,
    /** Falls as one over the square root of the step. */
    INVERSE_SQUARE_ROOT,
    /** Stays at the peak, then falls in a straight line over the last steps. */
    WARMUP_STABLE_DECAY,
    /** Falls along a family of curves, once or in several phases. */
    UNIFIED_BUDGET_AWARE
  }
}
