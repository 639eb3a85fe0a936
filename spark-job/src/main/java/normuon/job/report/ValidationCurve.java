package normuon.job.report;

import java.util.List;
import java.util.OptionalDouble;

/**
 * The course of a run's validation loss.
 *
 * @param steps the steps after which it was evaluated, ascending
 * @param validationLosses the losses found, in nats per token
 */
public record ValidationCurve(List<Integer> steps, List<Double> validationLosses) {

  /** The course through evaluations in the order of their steps, of which there is at least one. */
  public static ValidationCurve of(List<EvaluationRecord> evaluations) {
    return new ValidationCurve(
        evaluations.stream().map(EvaluationRecord::step).toList(),
        evaluations.stream().map(EvaluationRecord::validationLoss).toList());
  }

  /** The last loss, in nats per token. */
  public double finalLoss() {
    return validationLosses.get(validationLosses.size() - 1);
  }

  /** The step of the last loss. */
  public int finalStep() {
    return steps.get(steps.size() - 1);
  }

  /**
   * The first step at which the loss is a target or below it. Between two evaluations the loss is
   * taken to follow a straight line; before the first nothing is known, so that a target reached
   * there counts as reached at it.
   */
  public OptionalDouble stepsTo(double target) {
    for (int index = 0; index < steps.size(); index++) {
      double loss = validationLosses.get(index);
      if (loss <= target) {
        return OptionalDouble.of(index == 0 ? steps.get(0) : crossing(index, target));
      }
    }
    return OptionalDouble.empty();
  }

  private double crossing(int index, double target) {
    double above = validationLosses.get(index - 1);
    double share = (above - target) / (above - validationLosses.get(index));
    int from = steps.get(index - 1);
    return from + share * (steps.get(index) - from);
  }
}
