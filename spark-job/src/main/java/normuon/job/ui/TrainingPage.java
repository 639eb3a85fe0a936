package normuon.job.ui;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import normuon.job.report.LiveNumbers;
import normuon.job.report.RankRecord;
import normuon.job.report.RuleDiagnostics;
import normuon.job.report.StepDiagnostics;
import normuon.job.report.StepRecord;
import org.apache.commons.text.StringEscapeUtils;

/** The content of the page, in the style of Spark's own: nothing in it asks the network. */
final class TrainingPage {

  private static final String NO_NUMBER = "–";

  private TrainingPage() {}

  /** The page of a run as it is now. */
  static String html(TrainingView run) {
    StringBuilder html = new StringBuilder("<div>\n");
    html.append(summary(run));
    html.append("<h4>Loss</h4>\n").append(LossChart.svg(run));
    html.append("<h4>Phases of a step on rank 0</h4>\n").append(phases(run));
    run.diagnostics().ifPresent(diagnostics -> html.append(optimizer(diagnostics)));
    html.append("<h4>Ranks</h4>\n").append(ranks(run));
    return html.append("</div>\n").toString();
  }

  private static String summary(TrainingView run) {
    List<String> items = new ArrayList<>();
    items.add(item("Run", run.runDirectory()));
    int step = run.last().map(StepRecord::step).orElse(0);
    items.add(item("State", format("%s, step %,d of %,d", run.state(), step, run.totalSteps())));
    run.numbers().ifPresent(numbers -> items.addAll(numbers(numbers)));
    run.last().ifPresent(last -> items.addAll(counts(last)));
    if (!run.validation().isEmpty()) {
      LossCurve.Point latest = run.validation().get(run.validation().size() - 1);
      items.add(
          item("Validation loss", format("%.4f after step %,d", latest.loss(), latest.step())));
    }
    run.lossFloor()
        .ifPresent(floor -> items.add(item("Entropy of the text", format("%.4f", floor))));
    items.add(item("Last checkpoint", run.checkpoint().map(TrainingPage::age).orElse("none yet")));
    return "<ul class=\"list-unstyled\">\n" + String.join("", items) + "</ul>\n";
  }

  private static List<String> numbers(LiveNumbers numbers) {
    return List.of(
        item("Training loss", numbers.lossText()),
        item("Learning rate", numbers.learningRateText()),
        item("Gradient norm", numbers.gradNormText()),
        item("Step time", numbers.stepTimeText()),
        item("Speed", numbers.speedText()),
        item("Time left", numbers.leftText()));
  }

  private static List<String> counts(StepRecord last) {
    return List.of(
        item("Tokens", format("%,d", last.tokens())),
        item("Refused steps", format("%,d", last.refusedSteps())));
  }

  private static String age(TrainingView.Checkpoint checkpoint) {
    Duration age = Duration.between(checkpoint.time(), Instant.now());
    return format("after step %,d, %,d s ago", checkpoint.step(), Math.max(0, age.toSeconds()));
  }

  private static String phases(TrainingView run) {
    Map<String, Double> last = run.last().map(TrainingTab::phases).orElse(Map.of());
    double total = run.recentPhaseMs().values().stream().mapToDouble(ms -> ms).sum();
    List<List<String>> rows = new ArrayList<>();
    run.recentPhaseMs()
        .forEach(
            (phase, mean) ->
                rows.add(
                    List.of(
                        phase,
                        number("%.2f", last.get(phase)),
                        number("%.2f", mean),
                        number("%.1f %%", 100 * mean / total))));
    return table(List.of("Phase", "Last step (ms)", "Mean of recent steps (ms)", "Share"), rows);
  }

  private static String optimizer(StepDiagnostics step) {
    List<List<String>> rows =
        RuleDiagnostics.of(step).stream()
            .map(
                rule ->
                    List.of(
                        rule.rule(),
                        format("%d", rule.parameters()),
                        number("%.3g", rule.updateToWeight()),
                        number("%.3f", rule.deviationBefore()),
                        number("%.3f", rule.deviationAfter()),
                        number("%,.0f", rule.momentumCondition()),
                        number("%,.0f", rule.updateCondition())))
            .toList();
    List<String> head =
        List.of(
            "Rule",
            "Parameters",
            "Update to weight (median)",
            "Deviation of row norms before (mean)",
            "After",
            "Condition number of momentum (largest)",
            "Of update");
    return format(
            "<h4>Optimizer in step %,d (%.0f %% of the steps before it clipped)</h4>\n",
            step.step(), 100 * step.clippedSteps())
        + table(head, rows);
  }

  private static String ranks(TrainingView run) {
    List<String> head =
        new ArrayList<>(List.of("Rank", "Host", "Executor", "Device", "Step", "Step time (ms)"));
    if (!run.ranks().isEmpty()) {
      run.ranks().get(0).phaseMs().keySet().forEach(phase -> head.add(phase + " (ms)"));
    }
    head.addAll(List.of("Resident memory", "Sent", "Received", "Exchange (MB/s)"));
    return table(head, run.ranks().stream().map(TrainingPage::row).toList());
  }

  private static List<String> row(RankRecord rank) {
    List<String> cells = new ArrayList<>();
    cells.add(format("%d", rank.rank()));
    cells.add(rank.host());
    cells.add(rank.executor());
    cells.add(rank.device());
    cells.add(format("%,d", rank.step()));
    cells.add(number("%.1f", rank.stepMs()));
    rank.phaseMs().values().forEach(ms -> cells.add(number("%.1f", ms)));
    cells.add(bytes(rank.residentBytes()));
    cells.add(bytes(rank.bytesSent()));
    cells.add(bytes(rank.bytesReceived()));
    cells.add(number("%.1f", rank.exchangeMegabytesPerSecond()));
    return cells;
  }

  private static String item(String name, String value) {
    return "<li><strong>%s:</strong> %s</li>\n".formatted(escape(name), escape(value));
  }

  private static String table(List<String> head, List<List<String>> rows) {
    StringBuilder html =
        new StringBuilder("<table class=\"table table-bordered table-sm table-striped\">\n<thead>");
    html.append(cells("th", head)).append("</thead>\n<tbody>\n");
    rows.forEach(row -> html.append(cells("td", row)).append('\n'));
    return html.append("</tbody>\n</table>\n").toString();
  }

  private static String cells(String tag, List<String> texts) {
    StringBuilder html = new StringBuilder("<tr>");
    for (String text : texts) {
      html.append('<').append(tag).append('>').append(escape(text));
      html.append("</").append(tag).append('>');
    }
    return html.append("</tr>").toString();
  }

  private static String bytes(long bytes) {
    return bytes == 0 ? NO_NUMBER : format("%,.1f MiB", bytes / 1048576.0);
  }

  private static String number(String pattern, double number) {
    return Double.isFinite(number) ? format(pattern, number) : NO_NUMBER;
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private static String escape(String text) {
    return StringEscapeUtils.escapeXml10(text);
  }
}
