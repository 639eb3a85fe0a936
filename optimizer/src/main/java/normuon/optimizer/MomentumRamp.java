package normuon.optimizer;

/**
 * How the momentum rises to the β of {@link Momentum} and falls again: the numbers of {@link
 * MomentumSchedule#warmupCooldown}.
 *
 * @param lowest the momentum of the first step, in [0, 1)
 * @param warmupSteps steps over which it rises in a straight line, at least 0; 0 for none
 * @param cooldownSteps steps at the end over which it falls, at least 0; 0 for none
 */
public record MomentumRamp(double lowest, int warmupSteps, int cooldownSteps) {

  private static final double LOWEST = 0.85;

  /** Checks the numbers. */
  public MomentumRamp {
    Range.decay("lowest momentum", lowest);
    Range.notNegative("number of warm-up steps", warmupSteps);
    Range.notNegative("number of cool-down steps", cooldownSteps);
  }

  /** The same momentum in every step: the paper, its repository, microsoft/dion. */
  public static MomentumRamp none() {
    return new MomentumRamp(LOWEST, 0, 0);
  }

  /** KellerJordan/modded-nanogpt: from 0.85 over the first 300 steps and back over the last 50. */
  public static MomentumRamp speedrun() {
    return new MomentumRamp(LOWEST, 300, 50);
  }

  /** How many steps have another momentum than most. */
  public long steps() {
    return (long) warmupSteps + cooldownSteps;
  }

  /**
   * The momentum of each step.
   *
   * @param peak β, at least the lowest momentum unless there is neither warm-up nor cool-down
   * @param steps the number of steps of the run
   */
  public MomentumSchedule schedule(double peak, long steps) {
    return steps() == 0
        ? MomentumSchedule.constant(peak)
        : MomentumSchedule.warmupCooldown(steps, lowest, peak, warmupSteps, cooldownSteps);
  }
}
