package normuon.job.charts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import normuon.job.config.ModelSettings;
import normuon.job.config.OptimizerSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.Text;

/** What was trained and what came out: a column for each run. */
final class SummarySection {

  private final RunColors colors;
  private final List<List<String>> rows = new ArrayList<>();

  SummarySection(RunColors colors) {
    this.colors = colors;
  }

  String html() {
    row("", RecordedRun::name);
    row("Status", SummarySection::status);
    settings();
    results();
    return Markup.section(
        "Summary", Markup.table(rows), new TargetTable(colors.runs()).html(), provenance());
  }

  private void settings() {
    row("Model", configured(settings -> model(settings.model())));
    row("Weights", run -> count(run.routing().weights()));
    row("Optimizer", configured(settings -> optimizer(settings.optimizer())));
    row("Schedule", configured(settings -> lower(settings.optimizer().schedule().name())));
    row(
        "Tokens per step",
        configured(
            settings ->
                String.format(
                    Locale.ROOT,
                    "%d sequences of %d",
                    settings.train().sequencesPerStep(),
                    settings.model().context())));
    row("Ranks", configured(settings -> Integer.toString(settings.train().ranks())));
  }

  private void results() {
    row("Steps", SummarySection::steps);
    row("Tokens", run -> count(run.series("tokens").last()));
    row("Last training loss", run -> NumberText.format("%.4f", run.series("loss").last()));
    row("Last validation loss", run -> validation(run.evaluations()));
    row("Time in steps", run -> time(run.steps()));
    row("Tokens per second, median", run -> NumberText.whole(speed(run)));
    row("Refused steps", run -> Integer.toString(run.refusedSteps().length));
    row("Restarts within a driver", run -> Integer.toString(run.attempts()));
  }

  private void row(String name, Function<RecordedRun, String> value) {
    List<String> row = new ArrayList<>(List.of(name));
    colors.runs().forEach(run -> row.add(value.apply(run)));
    rows.add(row);
  }

  private static Function<RecordedRun, String> configured(Function<RunConfiguration, String> text) {
    return run -> run.configuration().map(text).orElse(NumberText.NONE);
  }

  private static String status(RecordedRun run) {
    return run.status().map(file -> file.status().name()).orElse("under way, or broken off");
  }

  private static String model(ModelSettings model) {
    return String.format(
        Locale.ROOT,
        "%d layers, width %d, %d heads, context %d",
        model.layers(),
        model.width(),
        model.heads(),
        model.context());
  }

  private static String optimizer(OptimizerSettings optimizer) {
    double rate =
        switch (optimizer.name()) {
          case NORMUON, MUON -> optimizer.learningRate();
          case ADAMW -> optimizer.adamw().learningRate();
          case SOPHIA_G, SOPHIA_H -> optimizer.sophia().learningRate();
        };
    return lower(optimizer.name()) + ", learning rate " + LinearAxis.label(rate);
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static String steps(RecordedRun run) {
    String done = NumberText.whole(run.steps().lastStep());
    return run.configuration()
        .map(settings -> done + " of " + NumberText.whole(settings.train().steps()))
        .orElse(done);
  }

  private static String count(double number) {
    return number > 0 ? NumberText.whole(number) : NumberText.NONE;
  }

  private static String validation(List<EvaluationRecord> evaluations) {
    if (evaluations.isEmpty()) {
      return NumberText.NONE;
    }
    EvaluationRecord last = evaluations.get(evaluations.size() - 1);
    return NumberText.format("%.4f", last.validationLoss())
        + NumberText.format(" (perplexity %.2f)", last.perplexity());
  }

  /** Of the steps themselves: evaluations and checkpoints are not in it. */
  private static String time(StepTable steps) {
    double ms = 0;
    for (String column : List.of("step_ms", "control_ms")) {
      ms += Arrays.stream(steps.series(column).finite().values()).sum();
    }
    return Text.of(Duration.ofMillis(Math.round(ms)));
  }

  private static double speed(RecordedRun run) {
    return Quantile.median(run.series("tokens_per_second").values());
  }

  /** Where the last checkpoints come from; folded, as it is long. */
  private String provenance() {
    Set<String> names = new TreeSet<>();
    colors.runs().forEach(run -> names.addAll(run.provenance().keySet()));
    if (names.isEmpty()) {
      return "";
    }
    rows.subList(1, rows.size()).clear();
    names.forEach(name -> row(name, run -> run.provenance().getOrDefault(name, NumberText.NONE)));
    return Markup.element(
        "details", "", "<summary>Provenance of the last checkpoint</summary>", Markup.table(rows));
  }
}
