package normuon.job.data;

import normuon.job.config.InvalidConfigurationException;

/** A text that is too short to train on, or to validate on. */
public final class TooFewTokensException extends InvalidConfigurationException {

  private static final long serialVersionUID = 1L;

  TooFewTokensException(String message) {
    super(message);
  }
}
