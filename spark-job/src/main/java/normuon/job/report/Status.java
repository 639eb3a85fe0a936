package normuon.job.report;

/** How a run ended, for schedulers. */
public enum Status {
  /** All steps were made. */
  SUCCEEDED(0),
  /** A model was trained on what was new, and is the one to use from now on. */
  PROMOTED(0),
  /** What is new is ready to be trained on. */
  PREPARED(0),
  /** There was nothing to train on since the last time. */
  NO_NEW_DATA(0),
  /** The run broke off; the same command goes on from the last checkpoint. */
  RETRYABLE(75),
  /** A setting, or something it names, allows no start; trying again will not help. */
  INVALID_CONFIG(2),
  /** Loss or gradients became infinite or undefined. */
  DIVERGED(3),
  /** A model was trained on what was new, and is worse than the one that is in use. */
  NOT_PROMOTED(4);

  private final int exitCode;

  Status(int exitCode) {
    this.exitCode = exitCode;
  }

  /** The exit code of the process in client mode; 75 is the usual code of a temporary failure. */
  public int exitCode() {
    return exitCode;
  }
}
