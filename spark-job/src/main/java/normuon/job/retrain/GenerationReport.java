package normuon.job.retrain;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import normuon.job.data.TokenManifest;
import normuon.job.data.TokenManifest.Counts;

/**
 * Where the model of a generation comes from.
 *
 * @param plan what it is made of
 * @param verdict what became of it; null if that is open
 * @param counts the rows that were read; null if they are not prepared
 * @param tokenizer the tokenizer; empty likewise
 * @param tokenizerSha256 the hash of its vocabulary; empty likewise
 * @param run its run, with the effective configuration
 */
record GenerationReport(
    GenerationPlan plan,
    Verdict verdict,
    Counts counts,
    String tokenizer,
    String tokenizerSha256,
    String run) {

  static GenerationReport of(Generation generation) {
    TokenManifest tokens = PreparedTokens.find(generation).orElse(null);
    return new GenerationReport(
        generation.plan().orElseThrow(),
        generation.verdict().orElse(null),
        tokens == null ? null : tokens.counts(),
        tokens == null ? "" : tokens.tokenizer().name(),
        tokens == null ? "" : tokens.tokenizerSha256(),
        generation.run());
  }

  /** For people. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    String state =
        verdict == null ? "unfinished" : verdict.outcome().name().toLowerCase(Locale.ROOT);
    lines.add(
        "generation %d: %s, %s"
            .formatted(
                plan.generation(),
                state.replace('_', ' '),
                plan.parent() == 0 ? "the first" : "from generation " + plan.parent()));
    lines.add("  begun      " + plan.begun());
    plan.sources().forEach(source -> lines.add("  source     " + SourceText.of(source)));
    if (counts != null) {
      lines.add(
          "  rows       %,d documents, %,d characters, left out %s"
              .formatted(counts.documents(), counts.characters(), leftOut()));
      lines.add("  tokenizer  " + tokenizer + ", SHA-256 " + tokenizerSha256);
    }
    if (verdict != null) {
      addVerdict(lines);
    }
    lines.add("  settings   " + run + "/config.yaml");
    return lines;
  }

  private void addVerdict(List<String> lines) {
    lines.add("  steps      %,d".formatted(verdict.steps()));
    for (DataUse use : verdict.uses()) {
      lines.add(
          "  data       %,d sequences of generation %d, %.4f epochs"
              .formatted(use.sequences(), use.generation(), use.epochs()));
    }
    for (Verdict.Loss loss : verdict.losses()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  loss       %.4f nats of the %s on %s rows, %,d tokens",
              loss.nats(),
              loss.model().name().toLowerCase(Locale.ROOT),
              loss.data().name().toLowerCase(Locale.ROOT),
              loss.tokens()));
    }
    lines.add("  decided    " + verdict.decided());
    lines.add("  model      " + verdict.checkpoint());
    lines.add("  software   " + String.join(", ", software()));
  }

  private List<String> software() {
    return new TreeMap<>(verdict.versions())
        .entrySet().stream().map(entry -> entry.getKey() + " " + entry.getValue()).toList();
  }

  private String leftOut() {
    List<String> reasons =
        counts.dropped().entrySet().stream()
            .filter(entry -> entry.getValue() > 0)
            .sorted(Map.Entry.comparingByKey())
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .toList();
    return reasons.isEmpty() ? "none" : String.join(", ", reasons);
  }
}
