package normuon.optimizer;

import java.util.List;

/**
 * A phase of the unified budget-aware schedule (UBA): with progress u from 0 to 1 within the phase
 * and c = 1 + cos(π u), the learning rate is multiplied by
 *
 * <pre>
 *   final + (first − final) · 2 c / (2 φ + (2 − φ) c)
 * </pre>
 *
 * <p>φ = 2 is half a cosine; a smaller φ stays high for longer, a larger one decays early. The
 * formula is that of an open implementation.
 *
 * @param share the part of the steps after the warm-up that the phase takes, above 0, at most 1
 * @param phi φ, greater than 0
 * @param firstFraction the multiplier at u = 0, from 0 to 1
 * @param finalFraction the multiplier at u = 1, from 0 to 1
 */
public record BudgetPhase(double share, double phi, double firstFraction, double finalFraction) {

  private static final double ROUNDING = 1e-9;

  /** Checks the numbers. */
  public BudgetPhase {
    Range.positive("share of a phase", share);
    Range.positive("phi", phi);
    Range.fraction("first fraction", firstFraction);
    Range.fraction("final fraction", finalFraction);
  }

  /** The multiplier at a progress from 0 to 1. */
  double multiplier(double progress) {
    double c = 1 + Math.cos(Math.PI * progress);
    double fraction = 2 * c / (2 * phi + (2 - phi) * c);
    return finalFraction + (firstFraction - finalFraction) * fraction;
  }

  /** One phase after the other over the steps W + 1 to T. */
  static LearningRateSchedule inTurn(List<BudgetPhase> phases, long warmupSteps, long steps) {
    double total = phases.stream().mapToDouble(BudgetPhase::share).sum();
    if (Math.abs(total - 1) > ROUNDING) {
      throw new IllegalArgumentException(
          "Invalid shares of the phases, together " + total + ": must add up to 1");
    }
    long[] ends = new long[phases.size()];
    double share = 0;
    for (int i = 0; i < ends.length; i++) {
      share += phases.get(i).share();
      ends[i] = warmupSteps + Math.round(share * Math.max(0, steps - warmupSteps));
    }
    List<BudgetPhase> copy = List.copyOf(phases);
    return step -> {
      int phase = 0;
      while (phase < ends.length - 1 && step > ends[phase]) {
        phase++;
      }
      long start = phase == 0 ? warmupSteps : ends[phase - 1];
      double progress = (double) (step - start) / (ends[phase] - start);
      return copy.get(phase).multiplier(Math.min(1, progress));
    };
  }
}
