package normuon.optimizer;

import java.util.List;

/**
 * What the learning rate of a step is multiplied by: a pure function of the step's number, from 1
 * to the number of steps T.
 *
 * <p>Every schedule warms up linearly over W steps: step t ≤ W is multiplied by t / W, so that step
 * W is the first at full rate and no step has rate 0. A run no longer than W ends while it warms
 * up. Where a schedule has a final fraction, the last step, T, has exactly that.
 */
@FunctionalInterface
public interface LearningRateSchedule {

  /**
   * The multiplier of one step.
   *
   * @param step from 1 to T
   * @return from 0 to 1
   */
  double multiplier(long step);

  /**
   * 1 after the warm-up.
   *
   * @param warmupSteps W, at least 0; 0 for none
   */
  static LearningRateSchedule constant(long warmupSteps) {
    return warmedUp(warmupSteps, step -> 1);
  }

  /**
   * A straight line from 1 at step W to the final fraction f at step T: 1 − (1 − f) u with u = (t −
   * W) / (T − W).
   *
   * @param steps T
   * @param warmupSteps W, at least 0
   * @param finalFraction f, from 0 to 1
   */
  static LearningRateSchedule linear(long steps, long warmupSteps, double finalFraction) {
    Range.positive("number of steps", steps);
    Range.fraction("final fraction", finalFraction);
    return warmedUp(
        warmupSteps,
        step -> 1 - (1 - finalFraction) * Math.min(1, progress(step, warmupSteps, steps)));
  }

  /**
   * √(W / t) after the warm-up, which needs no knowledge of T (A. Vaswani et al., <a
   * href="https://arxiv.org/abs/1706.03762">arXiv 1706.03762</a>, scaled to a peak of 1); without a
   * warm-up √(1 / t).
   *
   * @param warmupSteps W, at least 0
   */
  static LearningRateSchedule inverseSquareRoot(long warmupSteps) {
    double origin = Math.max(1, warmupSteps);
    return warmedUp(warmupSteps, step -> Math.sqrt(origin / step));
  }

  /**
   * The unified budget-aware schedule: one or several {@link BudgetPhase phases}, which divide the
   * steps after the warm-up as their shares do. Every phase ends, on its last step, with its own
   * final fraction; the next one starts from its own first fraction.
   *
   * @param steps T
   * @param warmupSteps W, at least 0; the warm-up rises to 1
   * @param phases at least one; their shares add up to 1
   */
  static LearningRateSchedule unifiedBudgetAware(
      long steps, long warmupSteps, List<BudgetPhase> phases) {
    Range.positive("number of steps", steps);
    return warmedUp(warmupSteps, BudgetPhase.inTurn(phases, warmupSteps, steps));
  }

  /**
   * Half a cosine from 1 at step W to the final fraction f at step T: f + (1 − f) (1 + cos(π u)) /
   * 2 with u = (t − W) / (T − W) (I. Loshchilov and F. Hutter, <a
   * href="https://arxiv.org/abs/1608.03983">arXiv 1608.03983</a>).
   *
   * @param steps T
   * @param warmupSteps W, at least 0
   * @param finalFraction f, from 0 to 1
   */
  static LearningRateSchedule cosine(long steps, long warmupSteps, double finalFraction) {
    Range.positive("number of steps", steps);
    Range.fraction("final fraction", finalFraction);
    return warmedUp(
        warmupSteps,
        step -> {
          double progress = Math.min(1, progress(step, warmupSteps, steps));
          double descent = (1 - Math.cos(Math.PI * progress)) / 2;
          return 1 - (1 - finalFraction) * descent;
        });
  }

  /**
   * Warm-up, stable, decay: 1 until the last part of the run, then a straight line to the final
   * fraction f at step T, 1 − (1 − f) (t − T + D) / D (S. Hu et al., <a
   * href="https://arxiv.org/abs/2404.06395">arXiv 2404.06395</a>). The decay takes D = round(decay
   * fraction × T) steps; where it overlaps the warm-up, the smaller multiplier holds.
   *
   * @param steps T
   * @param warmupSteps W, at least 0
   * @param decayFraction the share of the steps that decay, from 0 to 1
   * @param finalFraction f, from 0 to 1
   */
  static LearningRateSchedule warmupStableDecay(
      long steps, long warmupSteps, double decayFraction, double finalFraction) {
    Range.positive("number of steps", steps);
    Range.fraction("decay fraction", decayFraction);
    Range.fraction("final fraction", finalFraction);
    long decaySteps = Math.round(decayFraction * steps);
    LearningRateSchedule warmup = constant(warmupSteps);
    return step -> {
      long decayed = Math.max(0, Math.min(step, steps) - (steps - decaySteps));
      double decay = decayed == 0 ? 1 : 1 - (1 - finalFraction) * decayed / decaySteps;
      return Math.min(warmup.multiplier(step), decay);
    };
  }

  private static double progress(long step, long from, long to) {
    return (double) (step - from) / (to - from);
  }

  private static LearningRateSchedule warmedUp(long warmupSteps, LearningRateSchedule then) {
    Range.notNegative("number of warm-up steps", warmupSteps);
    return step -> step <= warmupSteps ? (double) step / warmupSteps : then.multiplier(step);
  }
}
