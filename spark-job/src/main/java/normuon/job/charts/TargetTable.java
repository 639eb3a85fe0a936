package normuon.job.charts;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import normuon.job.report.EvaluationRecord;

/**
 * How many steps each run needs for the last validation loss of each other, as NorMuon's paper
 * counts what a rule saves.
 */
final class TargetTable {

  private static final String HASH = "tokens.";
  private static final String VALIDATION = "val";

  private final List<RecordedRun> runs;

  TargetTable(List<RecordedRun> runs) {
    this.runs = runs.stream().filter(run -> run.validation().isPresent()).toList();
  }

  /** The table; nothing for a single run. */
  String html() {
    if (runs.size() < 2) {
      return "";
    }
    List<String> head = new ArrayList<>(List.of("reaches the last loss of"));
    runs.forEach(
        target -> head.add(target.name() + NumberText.format(" (%.4f)", lastLoss(target))));
    List<List<String>> rows = new ArrayList<>(List.of(head));
    for (RecordedRun run : runs) {
      List<String> row = new ArrayList<>(List.of(run.name()));
      runs.forEach(target -> row.add(steps(run, target)));
      rows.add(row);
    }
    return "<h3>Steps to the same validation loss</h3>\n"
        + Markup.paragraph(
            "explanation",
            "Between two evaluations the loss is taken to follow a straight line. In brackets: fewer"
                + " (−) or more (+) steps than the run that is aimed at needs to get there first.")
        + Markup.table(rows);
  }

  private static String steps(RecordedRun run, RecordedRun target) {
    if (!haveSameText(run, target)) {
      return "other validation text";
    }
    double loss = lastLoss(target);
    OptionalDouble needed = run.validation().orElseThrow().stepsTo(loss);
    if (needed.isEmpty()) {
      return "not reached";
    }
    double own = target.validation().orElseThrow().stepsTo(loss).orElseThrow();
    String steps = NumberText.whole(needed.getAsDouble());
    return run == target
        ? steps
        : steps
            + NumberText.format(" (%+.0f%%)", 100 * (needed.getAsDouble() / own - 1))
                .replace('-', '−');
  }

  private static double lastLoss(RecordedRun run) {
    return run.validation().orElseThrow().finalLoss();
  }

  /** Whether losses can be compared: by the hashes of the text, of which both may have none. */
  private static boolean haveSameText(RecordedRun one, RecordedRun other) {
    return hashes(one).equals(hashes(other)) && tokens(one) == tokens(other);
  }

  /** Sorted, as the same text may lie in different folders. */
  private static List<String> hashes(RecordedRun run) {
    return run.provenance().entrySet().stream()
        .filter(entry -> isOfValidation(entry.getKey()))
        .map(Map.Entry::getValue)
        .sorted()
        .toList();
  }

  /** The shards of a mixture are named by their whole paths, others as their maker likes. */
  private static boolean isOfValidation(String name) {
    return name.startsWith(HASH)
        && name.substring(Math.max(HASH.length(), name.lastIndexOf('/') + 1)).contains(VALIDATION);
  }

  private static long tokens(RecordedRun run) {
    List<EvaluationRecord> evaluations = run.evaluations();
    return evaluations.get(evaluations.size() - 1).validationTokens();
  }
}
