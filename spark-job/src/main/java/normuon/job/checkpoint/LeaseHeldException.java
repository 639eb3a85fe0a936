package normuon.job.checkpoint;

/** A run directory that another process writes to. */
public final class LeaseHeldException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  LeaseHeldException(String message) {
    super(message);
  }
}
