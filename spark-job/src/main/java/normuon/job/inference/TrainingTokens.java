package normuon.job.inference;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.MixtureSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.data.ManifestFile;
import normuon.job.data.TokenManifest;
import normuon.model.text.Tokenizer;
import normuon.model.text.TokenizerDescription;
import normuon.model.text.Tokenizers;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The tokens that the model of a checkpoint was trained on.
 *
 * @param folder the folder of the checkpoint
 * @param configuration the settings of its run
 * @param hadoop how their file systems are reached
 */
record TrainingTokens(Path folder, RunConfiguration configuration, Configuration hadoop) {

  /** A run directory may have been moved since: it is where the checkpoint now lies. */
  Path runDirectory() {
    Path checkpoints = folder.getParent();
    return checkpoints.getName().equals("checkpoints")
        ? checkpoints.getParent()
        : configuration.runDirectory();
  }

  /** The folders of the tokens, with their weights. */
  List<MixtureSettings> directories() {
    return configuration.data().tokensDirectory().isEmpty()
        ? configuration.tokens(new Path(runDirectory(), "tokens"))
        : configuration.tokens();
  }

  /**
   * The tokenizer that made them. It is read from the tokens only if the checkpoint does not say
   * all of it: where it came from a file, or the checkpoint is of an older version.
   *
   * @param provenance the checkpoint's
   * @throws InvalidConfigurationException if it cannot be found, or is another
   */
  Tokenizer tokenizer(Map<String, String> provenance) throws IOException {
    String name = provenance.get("tokenizer");
    String vocabulary = provenance.get("tokenizer.vocabulary");
    boolean isTold = Tokenizers.isFixed(name) || vocabulary != null;
    Tokenizer tokenizer =
        Tokenizers.of(
            isTold
                ? new TokenizerDescription(name, Objects.requireNonNullElse(vocabulary, ""))
                : manifest().tokenizer());
    String sha256 = provenance.get("tokenizer.sha256");
    if (!tokenizer.sha256().equals(sha256)) {
      throw new InvalidConfigurationException(
          "Cannot open model %s: its tokenizer '%s' has SHA-256 %s, and that which is there, '%s', %s"
              .formatted(folder, name, sha256, tokenizer.name(), tokenizer.sha256()));
    }
    return tokenizer;
  }

  private TokenManifest manifest() throws IOException {
    Path directory = new Path(directories().get(0).tokensDirectory());
    Optional<TokenManifest> manifest = new ManifestFile(directory, hadoop).read();
    return manifest.orElseThrow(
        () ->
            new InvalidConfigurationException(
                "Cannot open model %s: %s/manifest.json does not exist, which has its tokenizer"
                    .formatted(folder, directory)));
  }
}
