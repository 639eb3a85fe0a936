package normuon.job.config;

/**
 * A setting, or something a setting names, with which no work can start. The message is one line
 * that names the key or file, the value, what is allowed, and where the value was written.
 */
public class InvalidConfigurationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception; the message is shown to the user as it is. */
  public InvalidConfigurationException(String message) {
    super(message);
  }

  /** Creates the exception with its cause, which only a debugger will see. */
  public InvalidConfigurationException(String message, Throwable cause) {
    super(message, cause);
  }
}
