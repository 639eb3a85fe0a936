package normuon.model.hub;

import java.io.IOException;
import java.util.List;

/** A folder that is no model, or one that this program cannot be; says everything that is wrong. */
public class InvalidModelException extends IOException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public InvalidModelException(String message) {
    super(message);
  }

  /** Creates the exception with its cause. */
  public InvalidModelException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Throws if there are problems. */
  static void throwIfAny(String file, List<String> problems) throws InvalidModelException {
    if (!problems.isEmpty()) {
      throw new InvalidModelException("Invalid " + file + ": " + String.join("; ", problems));
    }
  }
}
