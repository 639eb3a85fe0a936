package normuon.job.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import normuon.job.config.InvalidConfigurationException;
import normuon.model.text.Tokenizer;
import normuon.model.text.Tokenizers;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The tokens of a prepared directory, ready to be read.
 *
 * @param manifest what the directory holds
 * @param train the tokens for training
 * @param validation the tokens for validation
 */
public record TokenDataset(TokenManifest manifest, TokenSplit train, TokenSplit validation) {

  /**
   * Opens a directory that {@link Preparation} has filled.
   *
   * @param directory the directory of the manifest, on any Hadoop file system
   * @param configuration knows the file systems
   * @param copies a local directory for copies of the shards, if they are not local themselves
   * @throws InvalidConfigurationException if the manifest or a shard is missing or malformed
   */
  public static TokenDataset open(
      String directory, Configuration configuration, java.nio.file.Path copies) throws IOException {
    Path path = new Path(directory);
    TokenManifest manifest = manifest(path, configuration);
    FileSystem files = Storage.of(path, configuration);
    LocalCopies local = new LocalCopies(configuration, copies);
    return new TokenDataset(
        manifest,
        open(files.makeQualified(path), manifest.shards(Split.TRAIN), local),
        open(files.makeQualified(path), manifest.shards(Split.VALIDATION), local));
  }

  /** Opens the tokens for validation alone, so that no others are copied. */
  static TokenSplit openValidation(
      String directory, Configuration configuration, java.nio.file.Path copies) throws IOException {
    Path path = new Path(directory);
    TokenManifest manifest = manifest(path, configuration);
    return open(
        Storage.of(path, configuration).makeQualified(path),
        manifest.shards(Split.VALIDATION),
        new LocalCopies(configuration, copies));
  }

  /**
   * Reads the manifest of a directory.
   *
   * @throws InvalidConfigurationException if there is none, or it is malformed
   */
  static TokenManifest manifest(Path directory, Configuration configuration) throws IOException {
    return new ManifestFile(directory, configuration)
        .read()
        .orElseThrow(
            () ->
                new InvalidConfigurationException(
                    "%s does not exist: the tokens in %s are missing or unfinished"
                        .formatted(new Path(directory, ManifestFile.NAME), directory)));
  }

  /** The tokenizer that made the tokens. */
  public Tokenizer tokenizer() {
    return Tokenizers.of(manifest.tokenizer());
  }

  private static TokenSplit open(
      Path directory, List<TokenManifest.Shard> shards, LocalCopies local) throws IOException {
    List<TokenShard> open = new ArrayList<>(shards.size());
    for (TokenManifest.Shard shard : shards) {
      Path file = new Path(directory, shard.file());
      TokenShard mapped = TokenShard.map(local.of(file, shard));
      if (shard.firstToken() < 0 || shard.firstToken() + shard.tokens() > mapped.tokens()) {
        throw new InvalidConfigurationException(
            "Invalid token shard %s: it has %d tokens; %s says %d"
                .formatted(
                    file, mapped.tokens(), ManifestFile.NAME, shard.firstToken() + shard.tokens()));
      }
      open.add(mapped.range((int) shard.firstToken(), (int) shard.tokens()));
    }
    return new TokenSplit(open);
  }
}
