package normuon.optimizer;

/**
 * The momentum coefficient β1 of each step: a pure function of the step's number, from 1 to the
 * number of steps T.
 */
@FunctionalInterface
public interface MomentumSchedule {

  /**
   * The coefficient of one step.
   *
   * @param step from 1 to T
   * @return in [0, 1)
   */
  double momentum(long step);

  /**
   * The same in every step.
   *
   * @param momentum β1, in [0, 1)
   */
  static MomentumSchedule constant(double momentum) {
    Range.decay("momentum", momentum);
    return step -> momentum;
  }

  /**
   * Rises in a straight line over the first W steps and falls again over the last C, as in
   * modded-nanogpt (0.85 to 0.95 over 300 steps and back over 50). From the lowest value l to the
   * peak p it is l + (p − l) (t − 1) / W up to step W, and p − (p − l) (t − 1 − T + C) / C after
   * step T − C. Step 1 has the lowest value and step W + 1 is the first at the peak; step T − C + 1
   * is the last there, and step T, as in the original, one step short of the lowest value. Where
   * rise and fall overlap, the rise holds.
   *
   * @param steps T
   * @param lowest l, in [0, 1), at most the peak
   * @param peak p, in [0, 1)
   * @param warmupSteps W, at least 0
   * @param cooldownSteps C, at least 0
   */
  static MomentumSchedule warmupCooldown(
      long steps, double lowest, double peak, long warmupSteps, long cooldownSteps) {
    Range.positive("number of steps", steps);
    Range.decay("momentum", peak);
    Range.decay("lowest momentum", lowest);
    Range.notNegative("distance from lowest to peak momentum", peak - lowest);
    Range.notNegative("number of warm-up steps", warmupSteps);
    Range.notNegative("number of cool-down steps", cooldownSteps);
    return step -> {
      long before = step - 1;
      if (before < warmupSteps) {
        return lowest + (peak - lowest) * before / warmupSteps;
      }
      long fallen = Math.min(before, steps) - (steps - cooldownSteps);
      return fallen <= 0 ? peak : peak - (peak - lowest) * fallen / cooldownSteps;
    };
  }
}
