package normuon.torch;

import java.io.IOException;

/** A file that is not safetensors, or does not hold what is asked of it. */
public class SafetensorsException extends IOException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public SafetensorsException(String message) {
    super(message);
  }

  /** Creates the exception with its cause. */
  public SafetensorsException(String message, Throwable cause) {
    super(message, cause);
  }
}
