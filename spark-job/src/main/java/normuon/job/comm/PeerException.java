package normuon.job.comm;

import normuon.optimizer.shard.CollectiveException;

/**
 * A collective operation that cannot complete though this rank did nothing wrong: what is to be
 * mended lies elsewhere.
 */
public final class PeerException extends CollectiveException {

  private static final long serialVersionUID = 1L;

  /** What kept the operation from completing. */
  public enum Reason {
    /** A peer is connected, but what it had to send did not come before the deadline. */
    SILENT,
    /** A peer is gone. */
    DISCONNECTED,
    /** Spark has told this task to stop, as another one has failed. */
    STOPPED
  }

  private final Reason reason;

  PeerException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What kept the operation from completing. */
  public Reason reason() {
    return reason;
  }
}
