package normuon.job.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.MixtureSettings;
import normuon.model.text.Tokenizer;
import normuon.model.text.Tokenizers;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The tokens of one prepared directory or of several, ready to be trained on.
 *
 * @param manifest what the directories hold together
 * @param train the tokens for training, each directory's with its weight
 * @param validation the tokens for validation, one directory's after the other's
 */
public record TokenMixture(TokenManifest manifest, List<Part> train, TokenSplit validation) {

  /**
   * The tokens for training of one directory.
   *
   * @param tokens the tokens
   * @param weight how many of every so many sequences as all weights together come from here
   */
  public record Part(TokenSplit tokens, long weight) {}

  /**
   * Opens directories.
   *
   * @param parts one at least
   * @param configuration knows the file systems
   * @param copies a local directory for copies of the shards, if they are not local themselves
   * @throws InvalidConfigurationException if a manifest or a shard is missing or malformed
   */
  public static TokenMixture open(
      List<MixtureSettings> parts, Configuration configuration, java.nio.file.Path copies)
      throws IOException {
    List<TokenManifest> manifests = new ArrayList<>();
    List<Part> train = new ArrayList<>();
    List<TokenSplit> validation = new ArrayList<>();
    for (MixtureSettings part : parts) {
      TokenDataset dataset = TokenDataset.open(part.tokensDirectory(), configuration, copies);
      manifests.add(dataset.manifest());
      train.add(new Part(dataset.train(), part.weight()));
      validation.add(dataset.validation());
    }
    return new TokenMixture(
        CombinedManifest.of(parts, manifests), List.copyOf(train), TokenSplit.concat(validation));
  }

  /**
   * Opens the tokens for validation alone, one directory's after the other's.
   *
   * @param parts one at least
   * @param configuration knows the file systems
   * @param copies a local directory for copies of the shards, if they are not local themselves
   * @throws InvalidConfigurationException if a manifest or a shard is missing or malformed
   */
  public static TokenSplit openValidation(
      List<MixtureSettings> parts, Configuration configuration, java.nio.file.Path copies)
      throws IOException {
    List<TokenSplit> validation = new ArrayList<>();
    for (MixtureSettings part : parts) {
      validation.add(TokenDataset.openValidation(part.tokensDirectory(), configuration, copies));
    }
    return TokenSplit.concat(validation);
  }

  /**
   * Reads what directories hold together.
   *
   * @throws InvalidConfigurationException if a manifest is missing, or of another tokenizer than
   *     the first
   */
  public static TokenManifest manifest(List<MixtureSettings> parts, Configuration configuration)
      throws IOException {
    List<TokenManifest> manifests = new ArrayList<>();
    for (MixtureSettings part : parts) {
      manifests.add(TokenDataset.manifest(new Path(part.tokensDirectory()), configuration));
    }
    return CombinedManifest.of(parts, manifests);
  }

  /** The tokenizer that made the tokens. */
  public Tokenizer tokenizer() {
    return Tokenizers.of(manifest.tokenizer());
  }
}
