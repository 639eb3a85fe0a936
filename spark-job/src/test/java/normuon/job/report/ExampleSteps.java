package normuon.job.report;

/** Steps whose figures are easy to recognize. */
final class ExampleSteps {

  private ExampleSteps() {}

  /** A step of 100 ms and 1,000 tokens with a loss of 4 divided by the step. */
  static StepRecord step(int step) {
    return step(step, null);
  }

  /** The same with what Sophia did. */
  static StepRecord step(int step, CurvatureRecord curvature) {
    return new StepRecord(
        step,
        4.0 / step,
        0.01,
        1000L * step,
        0.5,
        100,
        1,
        60,
        10,
        5,
        15,
        4,
        5,
        0.5,
        10_000,
        8L * step,
        0,
        null,
        curvature);
  }

  /** A step that was refused, the only one so far. */
  static StepRecord refused(int step) {
    double none = Double.NaN;
    return new StepRecord(
        step, none, 0.01, 1000, none, 100, 1, 60, 39, 0, 0, 0, 0, 0.5, 10_000, 8, 1, null, null);
  }
}
