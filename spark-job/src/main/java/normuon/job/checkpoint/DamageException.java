package normuon.job.checkpoint;

import java.io.IOException;

/** A file of a checkpoint that is not as it was written. */
public final class DamageException extends IOException {

  private static final long serialVersionUID = 1L;

  DamageException(String message) {
    super(message);
  }

  DamageException(String message, Throwable cause) {
    super(message, cause);
  }
}
