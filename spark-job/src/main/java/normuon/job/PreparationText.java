package normuon.job;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import normuon.job.data.Split;
import normuon.job.data.TokenManifest;
import normuon.job.data.TokenManifest.Snapshot;
import normuon.job.data.TokenManifest.Source;

/** What a token manifest says, for people. */
final class PreparationText {

  private PreparationText() {}

  static List<String> lines(TokenManifest manifest) {
    List<String> lines = new ArrayList<>();
    manifest.sources().forEach(source -> lines.add("source      " + describe(source)));
    lines.add(
        "documents   %,d with %,d characters"
            .formatted(manifest.counts().documents(), manifest.counts().characters()));
    String dropped =
        manifest.counts().dropped().entrySet().stream()
            .filter(entry -> entry.getValue() > 0)
            .map(entry -> "%s %,d".formatted(entry.getKey(), entry.getValue()))
            .collect(Collectors.joining(", "));
    lines.add("left out    " + (dropped.isEmpty() ? "none" : dropped));
    for (Split split : Split.values()) {
      lines.add(
          "%-11s %,d tokens in %d shards"
              .formatted(split.label(), manifest.tokens(split), manifest.shards(split).size()));
    }
    lines.add(
        "tokenizer   %s, %,d tokens, SHA-256 %s"
            .formatted(
                manifest.tokenizer().name(),
                manifest.vocabularySize(),
                manifest.tokenizerSha256()));
    return lines;
  }

  private static String describe(Source source) {
    String state =
        source.snapshot().version() == Snapshot.NO_VERSION
            ? source.files().size() + " files"
            : "version " + source.snapshot().version();
    return "%s %s, %s".formatted(source.format().label(), source.path(), state);
  }
}
