package normuon.job.study;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import normuon.job.study.StudySummary.RuleSummary;
import normuon.job.study.StudySummary.Saving;
import normuon.job.study.StudySummary.Spread;
import normuon.job.study.StudySummary.SweepSummary;

/** The summary of a study as Markdown. */
public final class MarkdownTables {

  private static final String NONE = "–";

  private final StudySummary summary;

  /** Creates the tables of a summary. */
  public MarkdownTables(StudySummary summary) {
    this.summary = summary;
  }

  /** The comparison: a row per rule, with the savings that someone published beside ours. */
  public String comparison() {
    Set<String> others = comparedWith();
    List<String> header =
        new ArrayList<>(
            List.of(
                "rule",
                "best learning rate",
                "final validation loss",
                "steps to the final loss of " + summary.reference()));
    others.forEach(other -> header.add("saved against " + other));
    List<List<String>> rows = new ArrayList<>();
    for (RuleSummary rule : summary.rules()) {
      List<String> row =
          new ArrayList<>(
              List.of(rule.name(), learningRate(rule), loss(rule.finalLoss()), steps(rule)));
      others.forEach(other -> row.add(saving(rule.savings().get(other))));
      rows.add(row);
    }
    return table(header, rows);
  }

  /** The sweep: a row per rule, with the final loss after each of its learning rates. */
  public String sweep() {
    int columns = summary.rules().stream().mapToInt(rule -> rule.sweep().size()).max().orElse(0);
    List<String> header = new ArrayList<>(Collections.nCopies(columns + 1, ""));
    header.set(0, "rule");
    header.set(1, "learning rate: final validation loss, seed " + summary.seeds().get(0));
    List<List<String>> rows = new ArrayList<>();
    for (RuleSummary rule : summary.rules()) {
      List<String> row = new ArrayList<>(List.of(rule.name()));
      rule.sweep().forEach(point -> row.add(sweep(rule, point)));
      row.addAll(Collections.nCopies(columns + 1 - row.size(), ""));
      rows.add(row);
    }
    return table(header, rows);
  }

  /** The reference, and whatever rule of the study another was published to be better than. */
  private Set<String> comparedWith() {
    Set<String> others = new LinkedHashSet<>(List.of(summary.reference()));
    for (RuleSummary rule : summary.rules()) {
      rule.savings()
          .forEach(
              (other, saving) -> {
                if (saving.publishedPercent() != null) {
                  others.add(other);
                }
              });
    }
    return others;
  }

  private static String learningRate(RuleSummary rule) {
    return rule.bestLearningRate() == null
        ? NONE
        : rule.bestLearningRate().toPlainString() + (rule.atEdge() ? " (edge of the sweep)" : "");
  }

  private static String loss(Spread loss) {
    return loss.exists()
        ? format("%.4f ± %.4f", loss.mean(), (loss.highest() - loss.lowest()) / 2)
        : "diverged";
  }

  private static String steps(RuleSummary rule) {
    if (rule.stepsToTarget().exists()) {
      return format("%,.0f", rule.stepsToTarget().mean());
    }
    return rule.finalLoss().exists() ? "not reached" : NONE;
  }

  private static String saving(Saving saving) {
    if (saving == null) {
      return "";
    }
    String ours = saving.savingPercent() == null ? NONE : format("%.1f%%", saving.savingPercent());
    return saving.publishedPercent() == null
        ? ours
        : ours + format(" (published: %.2f%%)", saving.publishedPercent());
  }

  private static String sweep(RuleSummary rule, SweepSummary point) {
    String loss = point.finalLoss() == null ? "diverged" : format("%.4f", point.finalLoss());
    boolean best = point.learningRate().equals(rule.bestLearningRate());
    return point.learningRate().toPlainString() + ": " + (best ? "**" + loss + "**" : loss);
  }

  private static String table(List<String> header, List<List<String>> rows) {
    List<String> lines = new ArrayList<>(List.of(line(header), "|---".repeat(header.size()) + "|"));
    rows.forEach(row -> lines.add(line(row)));
    return String.join("\n", lines);
  }

  private static String line(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |"));
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
