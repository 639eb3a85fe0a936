package normuon.job.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.model.text.Tokenizers;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Reads and writes the manifest of a directory of token shards. */
public final class ManifestFile {

  static final String NAME = "manifest.json";

  private static final String VERSION_FIELD = "format_version";

  private final FileSystem files;
  private final Path directory;

  /** Names the manifest of a directory. */
  public ManifestFile(Path directory, Configuration configuration) throws IOException {
    this.files = Storage.of(directory, configuration);
    this.directory = directory;
  }

  /**
   * The manifest, if the directory has one.
   *
   * @throws InvalidConfigurationException if it cannot be understood
   */
  public Optional<TokenManifest> read() throws IOException {
    Path file = new Path(directory, NAME);
    if (!files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonNode tree = JsonFile.readTree(files, file);
      int version = tree.path(VERSION_FIELD).asInt(0);
      if (version == FirstManifestFormat.VERSION) {
        FirstManifestFormat.toSecond((ObjectNode) tree);
      } else if (version != TokenManifest.FORMAT_VERSION) {
        throw new InvalidConfigurationException(
            "Invalid token manifest %s: %s %d; must be %d or %d"
                .formatted(
                    file,
                    VERSION_FIELD,
                    version,
                    FirstManifestFormat.VERSION,
                    TokenManifest.FORMAT_VERSION));
      }
      TokenManifest manifest = JsonFile.toRecord(tree, TokenManifest.class);
      checkTokenizer(manifest, file);
      return Optional.of(manifest);
    } catch (JsonProcessingException e) {
      throw new InvalidConfigurationException(
          "Invalid token manifest %s: %s".formatted(file, e.getOriginalMessage()));
    }
  }

  private static void checkTokenizer(TokenManifest manifest, Path file) {
    String sha256;
    try {
      sha256 = Tokenizers.of(manifest.tokenizer()).sha256();
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigurationException(
          "Invalid token manifest %s: %s".formatted(file, e.getMessage()));
    }
    if (!sha256.equals(manifest.tokenizerSha256())) {
      throw new InvalidConfigurationException(
          "Invalid token manifest %s: its tokenizer '%s' has SHA-256 %s, but the tokens were made with %s"
              .formatted(file, manifest.tokenizer().name(), sha256, manifest.tokenizerSha256()));
    }
  }

  /** Writes the manifest: afterwards it is there as a whole, or not at all. */
  public void write(TokenManifest manifest) throws IOException {
    JsonFile.write(files, new Path(directory, NAME), manifest);
  }
}
