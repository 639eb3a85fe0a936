package normuon.job.track;

import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.ParameterDiagnostics;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunSummary;
import normuon.job.report.StepDiagnostics;
import normuon.job.report.StepRecord;
import normuon.optimizer.NormSpread;

/** What a reporter is told of a short run. */
final class ExampleRun {

  static final NormSpread EVEN = NormSpread.of(new double[] {2, 2});
  static final NormSpread UNEVEN = NormSpread.of(new double[] {1, 7});

  private ExampleRun() {}

  static RunStart start(int step) {
    return new RunStart(step, 107_200, 9000, 1000, OptionalDouble.empty(), "plan", "routing");
  }

  /** A step with a loss of 4 divided by the step. */
  static StepRecord step(int step) {
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
        1e4,
        8L * step,
        0,
        null,
        null);
  }

  static StepRecord refused(int step) {
    double none = Double.NaN;
    return new StepRecord(
        step, none, 0.01, 1000, none, 100, 1, 60, 39, 0, 0, 0, 0, 0.5, 1e4, 8, 1, null, null);
  }

  static StepDiagnostics diagnostics(int step) {
    return new StepDiagnostics(
        step,
        0.25,
        List.of(
            new ParameterDiagnostics(
                "a", "normuon", 2, 5, 2, 0.5, 0.25, UNEVEN, EVEN, 1000.0, Double.NaN),
            new ParameterDiagnostics("b", "adamw", 3, 1, 2, 0.5, 0.125, null, null, null, null)));
  }

  static RunSummary summary() {
    return new RunSummary(
        Duration.ofSeconds(1), 10, new EvaluationRecord(2, 1.5, 10), "checkpoints/step-2", "");
  }

  /** Tells of all steps, an evaluation and the end. */
  static void tell(RunReporter reporter, int from, int to) {
    reporter.started(start(from));
    for (int step = from + 1; step <= to; step++) {
      reporter.step(step(step));
    }
    reporter.diagnosed(diagnostics(to));
    reporter.evaluated(new EvaluationRecord(to, 1.5, 10));
    reporter.checkpointed(to);
    reporter.finished(summary());
    reporter.close();
  }
}
