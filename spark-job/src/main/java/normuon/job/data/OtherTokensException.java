package normuon.job.data;

import java.util.List;
import normuon.job.config.InvalidConfigurationException;

/** A directory holds tokens of another preparation: of other settings, or of another snapshot. */
public final class OtherTokensException extends InvalidConfigurationException {

  private static final long serialVersionUID = 1L;

  private final String differences;

  /**
   * Creates the exception.
   *
   * @param directory the directory of the tokens
   * @param differences what differs, in words
   */
  public OtherTokensException(String directory, List<String> differences) {
    super(
        ("Invalid data.tokens_directory = %s: it holds tokens of another preparation (%s); must be"
                + " a directory of its own, or be deleted first")
            .formatted(directory, String.join("; ", differences)));
    this.differences = String.join("; ", differences);
  }

  /** What differs, in words. */
  public String differences() {
    return differences;
  }
}
