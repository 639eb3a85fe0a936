package normuon.job;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.CheckpointReport;
import normuon.job.checkpoint.ShardFile;

/** The reports of an inspection for people: one checkpoint in full, several in short. */
final class InspectionText {

  private InspectionText() {}

  /**
   * Lays out reports.
   *
   * @param verified whether every byte was read
   */
  static String of(List<CheckpointReport> reports, boolean verified) {
    List<String> lines = new ArrayList<>();
    for (CheckpointReport report : reports) {
      addSummary(lines, report, verified);
      if (reports.size() == 1) {
        addContent(lines, report);
      }
    }
    return String.join("\n", lines) + "\n";
  }

  private static void addSummary(List<String> lines, CheckpointReport report, boolean verified) {
    String state = report.state().name().toLowerCase(Locale.ROOT);
    boolean unread = report.state() == CheckpointReport.State.WHOLE && !verified;
    lines.add(report.folder() + ": " + state + (unread ? ", as far as its headers say" : ""));
    report.damages().forEach(damage -> lines.add("  " + damage));
    if (report.manifest() != null) {
      lines.add("  " + summary(report.manifest()));
    }
  }

  private static String summary(CheckpointManifest manifest) {
    return String.format(
        Locale.ROOT,
        "step %,d, %,d sequences, %,d tokens, %,d refused steps, %d ranks, %,d bytes",
        manifest.step(),
        manifest.sequencesConsumed(),
        manifest.tokens(),
        manifest.refusedSteps().total(),
        manifest.ranks(),
        manifest.shards().stream().mapToLong(ShardFile::bytes).sum());
  }

  private static void addContent(List<String> lines, CheckpointReport report) {
    CheckpointManifest manifest = report.manifest();
    if (manifest == null) {
      return;
    }
    lines.add("shards:");
    for (ShardFile shard : manifest.shards()) {
      lines.add(String.format(Locale.ROOT, "  %s  %,d bytes", shard.file(), shard.bytes()));
    }
    lines.add("tensors:");
    report.tensors().forEach(tensor -> lines.add("  " + tensor));
    lines.add("configuration:");
    addSettings(lines, "", manifest.configuration());
    lines.add("provenance:");
    manifest.provenance().forEach((key, value) -> lines.add("  " + key + ": " + inOneLine(value)));
  }

  /** The characters of a vocabulary may be line feeds. */
  private static String inOneLine(String value) {
    return value.chars().anyMatch(Character::isISOControl)
        ? TextNode.valueOf(value).toString()
        : value;
  }

  private static void addSettings(List<String> lines, String prefix, Map<?, ?> settings) {
    settings.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> section) {
            addSettings(lines, prefix + key + ".", section);
          } else {
            lines.add("  " + prefix + key + ": " + value);
          }
        });
  }
}
