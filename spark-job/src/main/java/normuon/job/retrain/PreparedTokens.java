package normuon.job.retrain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import normuon.job.config.MixtureSettings;
import normuon.job.data.TokenManifest;
import normuon.job.data.TokenMixture;
import org.apache.hadoop.conf.Configuration;

/** The tokens that a generation has prepared. */
final class PreparedTokens {

  private PreparedTokens() {}

  /**
   * What they are.
   *
   * @throws normuon.job.config.InvalidConfigurationException if they are missing
   */
  static TokenManifest manifest(Generation generation, Configuration hadoop) {
    try {
      return TokenMixture.manifest(List.of(new MixtureSettings(generation.tokens(), 1)), hadoop);
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot read " + generation.tokens(), unreachable);
    }
  }
}
