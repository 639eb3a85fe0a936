package normuon.job.study;

import java.util.OptionalDouble;
import normuon.job.report.Status;
import normuon.job.report.ValidationCurve;

/**
 * How a run of a study ended.
 *
 * @param status {@link Status#SUCCEEDED} or {@link Status#DIVERGED}
 * @param curve its validation loss, as far as it came
 */
record PointResult(Status status, ValidationCurve curve) {

  /** The validation loss after the last step; empty if the run did not come so far. */
  OptionalDouble finalLoss() {
    return status == Status.SUCCEEDED
        ? OptionalDouble.of(curve.finalLoss())
        : OptionalDouble.empty();
  }
}
