package normuon.job.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.model.text.Tokenizers;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Reads and writes the manifest of a directory of token shards. */
final class ManifestFile {

  static final String NAME = "manifest.json";

  private static final String VERSION_FIELD = "format_version";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(
              DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
              DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  private final FileSystem files;
  private final Path directory;

  ManifestFile(Path directory, Configuration configuration) throws IOException {
    this.files = Storage.of(directory, configuration);
    this.directory = directory;
  }

  /**
   * The manifest, if the directory has one.
   *
   * @throws InvalidConfigurationException if it cannot be understood
   */
  Optional<TokenManifest> read() throws IOException {
    Path file = new Path(directory, NAME);
    if (!files.exists(file)) {
      return Optional.empty();
    }
    try (InputStream in = files.open(file)) {
      JsonNode tree = JSON.readTree(in);
      int version = tree.path(VERSION_FIELD).asInt(0);
      if (version != TokenManifest.FORMAT_VERSION) {
        throw new InvalidConfigurationException(
            "Invalid token manifest %s: %s %d; must be %d"
                .formatted(file, VERSION_FIELD, version, TokenManifest.FORMAT_VERSION));
      }
      TokenManifest manifest = JSON.treeToValue(tree, TokenManifest.class);
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
  void write(TokenManifest manifest) throws IOException {
    Path temporary = new Path(directory, "." + NAME + ".tmp");
    try (OutputStream out = files.create(temporary, true)) {
      String json = JSON.writer(indented()).writeValueAsString(manifest);
      out.write((json + "\n").getBytes(StandardCharsets.UTF_8));
    }
    Storage.rename(files, temporary, new Path(directory, NAME));
  }

  private static DefaultPrettyPrinter indented() {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    return new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
  }
}
