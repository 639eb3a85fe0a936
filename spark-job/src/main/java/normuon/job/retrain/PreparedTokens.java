package normuon.job.retrain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.data.ManifestFile;
import normuon.job.data.TokenManifest;
import org.apache.hadoop.fs.Path;

/** The tokens that a generation has prepared. */
final class PreparedTokens {

  private PreparedTokens() {}

  /** What they are; empty if they are not prepared. */
  static Optional<TokenManifest> find(Generation generation) {
    try {
      return new ManifestFile(new Path(generation.tokens()), generation.hadoop()).read();
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot read " + generation.tokens(), unreachable);
    }
  }

  /**
   * What they are.
   *
   * @throws InvalidConfigurationException if they are missing
   */
  static TokenManifest of(Generation generation) {
    return find(generation)
        .orElseThrow(
            () ->
                new InvalidConfigurationException(
                    "%s does not exist: the tokens of an earlier generation are needed"
                        .formatted(generation.tokens())));
  }
}
