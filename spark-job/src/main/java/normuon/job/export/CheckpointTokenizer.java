package normuon.job.export;

import java.io.IOException;
import java.util.Optional;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.config.Location;
import normuon.job.config.RunConfiguration;
import normuon.job.data.ManifestFile;
import normuon.job.data.TokenManifest;
import normuon.model.text.ByteTokenizer;
import normuon.model.text.Gpt2Tokenizer;
import normuon.model.text.Tokenizer;
import normuon.model.text.Tokenizers;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The tokenizer that a checkpoint's model was trained with. */
final class CheckpointTokenizer {

  private CheckpointTokenizer() {}

  /**
   * Finds it: by its name, or in the manifest of the tokens that it made, by its hash.
   *
   * @return empty if the tokens are not there any more
   */
  static Optional<Tokenizer> of(
      Path folder, CheckpointManifest checkpoint, RunConfiguration run, Configuration hadoop)
      throws IOException {
    String sha256 = checkpoint.provenance().get("tokenizer.sha256");
    Tokenizer[] fixed = {new ByteTokenizer(), new Gpt2Tokenizer()};
    for (Tokenizer tokenizer : fixed) {
      if (tokenizer.name().equals(checkpoint.provenance().get("tokenizer"))
          && tokenizer.sha256().equals(sha256)) {
        return Optional.of(tokenizer);
      }
    }
    return new ManifestFile(tokens(folder, run), hadoop)
        .read()
        .filter(manifest -> manifest.tokenizerSha256().equals(sha256))
        .map(TokenManifest::tokenizer)
        .map(Tokenizers::of);
  }

  /** A run directory may have been moved, with the checkpoints and tokens in it. */
  private static Path tokens(Path folder, RunConfiguration run) {
    boolean inRun = run.data().mixture().isEmpty() && run.data().tokensDirectory().isEmpty();
    return inRun
        ? new Path(folder.getParent().getParent(), "tokens")
        : Location.of(run.tokens().get(0).tokensDirectory());
  }
}
