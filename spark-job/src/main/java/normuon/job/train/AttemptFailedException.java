package normuon.job.train;

/** An attempt at a segment that failed; the message names the first failure in one line. */
final class AttemptFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  AttemptFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
