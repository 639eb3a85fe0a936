package normuon.job.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.MixtureSettings;

/** What several directories of token shards hold, as if they were one. */
final class CombinedManifest {

  private CombinedManifest() {}

  /**
   * Combines manifests; a single one stays as it is. The shards of several are named by their whole
   * paths.
   *
   * @throws InvalidConfigurationException if the tokens are not all of one tokenizer
   */
  static TokenManifest of(List<MixtureSettings> parts, List<TokenManifest> manifests) {
    TokenManifest first = manifests.get(0);
    if (manifests.size() == 1) {
      return first;
    }
    List<TokenManifest.Source> sources = new ArrayList<>();
    List<TokenManifest.Shard> shards = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      requireTokenizer(parts, manifests, i);
      sources.addAll(manifests.get(i).sources());
      for (TokenManifest.Shard shard : manifests.get(i).shards()) {
        shards.add(inDirectory(parts.get(i).tokensDirectory(), shard));
      }
    }
    return new TokenManifest(
        first.formatVersion(),
        sources,
        first.tokenizer(),
        first.vocabularySize(),
        first.tokenizerSha256(),
        first.splitRule(),
        first.documentRules(),
        counts(manifests),
        shards);
  }

  private static void requireTokenizer(
      List<MixtureSettings> parts, List<TokenManifest> manifests, int part) {
    TokenManifest first = manifests.get(0);
    TokenManifest other = manifests.get(part);
    if (!other.tokenizerSha256().equals(first.tokenizerSha256())) {
      throw new InvalidConfigurationException(
          "Invalid tokens in %s: their tokenizer '%s' has SHA-256 %s; must be that of %s, '%s' with %s"
              .formatted(
                  parts.get(part).tokensDirectory(),
                  other.tokenizer().name(),
                  other.tokenizerSha256(),
                  parts.get(0).tokensDirectory(),
                  first.tokenizer().name(),
                  first.tokenizerSha256()));
    }
  }

  private static TokenManifest.Shard inDirectory(String directory, TokenManifest.Shard shard) {
    return new TokenManifest.Shard(
        shard.split(),
        directory + "/" + shard.file(),
        shard.firstToken(),
        shard.tokens(),
        shard.bytes(),
        shard.sha256());
  }

  private static TokenManifest.Counts counts(List<TokenManifest> manifests) {
    long documents = 0;
    long characters = 0;
    Map<String, Long> dropped = new TreeMap<>();
    for (TokenManifest manifest : manifests) {
      documents += manifest.counts().documents();
      characters += manifest.counts().characters();
      manifest.counts().dropped().forEach((reason, rows) -> dropped.merge(reason, rows, Long::sum));
    }
    return new TokenManifest.Counts(documents, characters, dropped);
  }
}
