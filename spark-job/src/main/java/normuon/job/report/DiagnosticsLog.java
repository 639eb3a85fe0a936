package normuon.job.report;

/**
 * The file {@code diagnostics.jsonl} of a run: one JSON object per measured step, a {@link
 * StepDiagnostics}. Empty where no step was measured.
 */
public final class DiagnosticsLog implements AutoCloseable {

  /** The name of the file in the run directory. */
  public static final String FILE_NAME = "diagnostics.jsonl";

  private final RecordLog log;

  private DiagnosticsLog(RecordLog log) {
    this.log = log;
  }

  /**
   * Opens the log of a run, without lines of later steps, which the run is about to make again.
   *
   * @param directory where the log is
   * @param step the last step whose line is kept; 0 for a new run
   */
  static DiagnosticsLog open(RunDirectory directory, int step) {
    return new DiagnosticsLog(RecordLog.open(directory, FILE_NAME, step));
  }

  /** Adds the line of a step. */
  void append(StepDiagnostics step) {
    log.append(step);
  }

  /** Makes every line visible to readers, where the file system can only write whole files. */
  void flush() {
    log.flush();
  }

  /** Closes the log as its file is, which is another run's now. */
  void abandon() {
    log.abandon();
  }

  @Override
  public void close() {
    log.close();
  }
}
