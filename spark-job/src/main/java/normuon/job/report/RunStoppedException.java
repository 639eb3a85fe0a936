package normuon.job.report;

/** A run that ended before its last step for a known reason, which the message says in one line. */
public class RunStoppedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Status status;

  /**
   * Creates the exception.
   *
   * @param status how the run ended
   * @param message one line for the user
   */
  public RunStoppedException(Status status, String message) {
    this(status, message, null);
  }

  /**
   * Creates the exception.
   *
   * @param status how the run ended
   * @param message one line for the user
   * @param cause what it follows from, or null
   */
  public RunStoppedException(Status status, String message, Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  /** How the run ended. */
  public Status status() {
    return status;
  }
}
