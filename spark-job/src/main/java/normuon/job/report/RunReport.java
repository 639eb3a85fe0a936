package normuon.job.report;

import java.io.PrintStream;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import normuon.job.config.RunConfiguration;

/**
 * Reports a run to the person at the terminal and to the files of the run directory: {@code
 * config.yaml}, {@code routing.txt}, {@code metrics.jsonl}, {@code diagnostics.jsonl} and {@code
 * status.json}.
 */
public final class RunReport implements RunReporter {

  /** The name of the file that says which rule updates which parameter. */
  public static final String ROUTING_FILE_NAME = "routing.txt";

  private final RunConfiguration configuration;
  private final RunDirectory directory;
  private final PrintStream output;
  private final BooleanSupplier mayWrite;
  private final Terminal terminal;
  private final ProgressDisplay display;
  private RunStart start;
  private MetricsLog metrics;
  private DiagnosticsLog diagnostics;

  /**
   * Creates the report; nothing is written before the run starts.
   *
   * @param configuration the effective configuration
   * @param directory the run directory
   * @param output standard output
   * @param environment the environment variables, which tell of the terminal
   * @param mayWrite whether the directory is still this run's
   */
  public RunReport(
      RunConfiguration configuration,
      RunDirectory directory,
      PrintStream output,
      Map<String, String> environment,
      BooleanSupplier mayWrite) {
    this.configuration = configuration;
    this.directory = directory;
    this.output = output;
    this.mayWrite = mayWrite;
    this.terminal = Terminal.of(environment);
    int steps = configuration.train().steps();
    this.display =
        terminal.interactive()
            ? new ProgressBar(output, steps, terminal.columns(), System::nanoTime)
            : new StepLine(output, steps, configuration.report().lineEverySteps());
  }

  @Override
  public void started(RunStart start) {
    this.start = start;
    StatusFile.remove(directory);
    directory.replace(RunConfiguration.FILE_NAME, configuration.toYaml());
    directory.replace(ROUTING_FILE_NAME, start.routing());
    open(start.step());
    display.line(
        Text.format(
            "%s %s: %,d weights, %,d tokens to train on, %,d to validate on%s",
            start.step() == 0 ? "Training" : "Resuming after step " + start.step() + " in",
            configuration.run().directory(),
            start.parameters(),
            start.trainingTokens(),
            start.validationTokens(),
            floor(start.lossFloor())));
    start.plan().lines().forEach(display::line);
  }

  /** Opens the logs as they were after a step. */
  private void open(int step) {
    metrics = MetricsLog.open(directory, step);
    diagnostics = DiagnosticsLog.open(directory, step);
  }

  @Override
  public void notice(String line) {
    display.line(line);
  }

  @Override
  public void placed(String place) {
    display.line(place);
  }

  @Override
  public void step(StepRecord step) {
    metrics.append(step);
    display.step(step);
    if (step.wasRefused()) {
      display.line(
          Text.format(
              "step %d/%d  refused: its gradient is not finite  (%,d refused so far)",
              step.step(), configuration.train().steps(), step.refusedSteps()));
    }
    if (step.curvature() != null && step.curvature().curvatureRefused()) {
      display.line(
          Text.format(
              "step %d/%d  its estimate of the curvature was refused: it is not finite",
              step.step(), configuration.train().steps()));
    }
  }

  @Override
  public void diagnosed(StepDiagnostics step) {
    diagnostics.append(step);
  }

  @Override
  public void evaluated(EvaluationRecord evaluation) {
    metrics.append(evaluation);
    flush();
    display.line(
        Text.format(
            "step %d/%d  validation loss %.4f%s  perplexity %.2f",
            evaluation.step(),
            configuration.train().steps(),
            evaluation.validationLoss(),
            floor(start.lossFloor()),
            evaluation.perplexity()));
  }

  @Override
  public void flush() {
    if (metrics != null && mayWrite.getAsBoolean()) {
      metrics.flush();
      diagnostics.flush();
    }
  }

  @Override
  public void checkpointed(int step) {
    flush();
  }

  @Override
  public void continued(AttemptRecord attempt) {
    closeLogs();
    open(attempt.step());
    metrics.append(attempt);
    metrics.flush();
    display.line(
        Text.format(
            "Going on after step %d on %d ranks: %s",
            attempt.step(), attempt.ranks(), attempt.reason()));
  }

  @Override
  public void finished(RunSummary summary) {
    flush();
    display.close();
    String paragraph =
        new SummaryParagraph(configuration, start).of(summary, configuration.run().directory());
    new StatusFile(Status.SUCCEEDED, configuration.train().steps(), paragraph, "").write(directory);
    if (!summary.sample().isEmpty()) {
      output.println("\nThe model writes:\n" + summary.sample());
    }
    output.println("\n" + Text.wrap(paragraph, terminal.columns()) + "\n" + Status.SUCCEEDED);
    output.flush();
  }

  @Override
  public void close() {
    display.close();
    if (metrics != null) {
      closeLogs();
    }
  }

  private void closeLogs() {
    if (mayWrite.getAsBoolean()) {
      metrics.close();
      diagnostics.close();
    } else {
      metrics.abandon();
      diagnostics.abandon();
    }
  }

  private static String floor(OptionalDouble lossFloor) {
    return lossFloor.isEmpty() ? "" : Text.format(" (floor %.4f)", lossFloor.getAsDouble());
  }
}
