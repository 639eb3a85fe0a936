package normuon.job.config;

/**
 * A configuration, or input that it names, with which no run can start. The message names the key
 * or file, the value and what is allowed.
 */
public class InvalidConfigurationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public InvalidConfigurationException(String message) {
    super(message);
  }
}
