package normuon.optimizer.shard;

/** A collective operation that cannot complete: a peer failed or a deadline passed. */
public class CollectiveException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception; the message names the operation, the peer and what was waited for. */
  public CollectiveException(String message) {
    super(message);
  }

  /** Creates the exception with its cause. */
  public CollectiveException(String message, Throwable cause) {
    super(message, cause);
  }
}
