package normuon.job.charts;

import java.util.List;
import normuon.job.charts.LineChart.Scale;

/** How runs went: loss, gradient norm, learning rate and speed by steps. */
final class CurveSection {

  private static final String REFUSED = "refused: its gradient was not finite";
  private static final String SMOOTHED =
      "Line: mean over a sixtieth of the run. Behind it: the smallest and the largest of the steps.";

  private final RunColors colors;

  CurveSection(RunColors colors) {
    this.colors = colors;
  }

  String html() {
    return Markup.section(
        "Course of training",
        Markup.grid(
            "wide",
            List.of(
                loss(), validation(), gradientNorm(), learningRate(), speed(), clippedSteps())));
  }

  private String loss() {
    LineChart chart = new LineChart("Training and validation loss by step", Frame.LARGE);
    colors.forEach(
        (run, style) -> {
          smoothed(chart, run, style, "loss", "training");
          chart.add(
              new Mark.Dots(
                  colors.label(run, "validation"), style + " dots", run.validationSeries()));
          chart.add(new Mark.Crosses(REFUSED, style + " crosses", run.refusedSteps()));
        });
    return switched(
        chart,
        Scale.LINEAR,
        new Figure(
            "Loss, nats per token", SMOOTHED + " Dots: validation. Crosses: refused steps."));
  }

  private String validation() {
    LineChart chart = new LineChart("Validation loss by step", Frame.LARGE);
    colors.forEach(
        (run, style) -> {
          Series loss = run.validationSeries();
          String label = colors.label(run, "validation");
          chart.add(new Mark.Line(label, style + " line", loss, colors.name(run, "validation")));
          chart.add(new Mark.Dots("", style + " dots", loss));
        });
    Figure figure =
        new Figure("Validation loss, nats per token", "Over the whole validation split.");
    return chart.isEmpty()
        ? figure.without("No evaluation yet; evaluate.every_steps says when there is one.")
        : switched(chart, Scale.LINEAR, figure);
  }

  private String gradientNorm() {
    LineChart chart = new LineChart("Gradient norm by step", Frame.LARGE);
    colors.forEach((run, style) -> smoothed(chart, run, style, "grad_norm", ""));
    return switched(
        chart,
        Scale.LINEAR,
        new Figure("Norm of the raw gradient", SMOOTHED + " Before it is clipped."));
  }

  private String learningRate() {
    LineChart chart = new LineChart("Learning rate by step", Frame.LARGE);
    colors.forEach(
        (run, style) -> {
          Series rate = run.series("learning_rate").thinned(Series.MOST_POINTS);
          chart.add(
              new Mark.Line(
                  colors.label(run, "learning rate"), style + " line", rate, colors.name(run, "")));
        });
    return switched(chart, Scale.FROM_ZERO, new Figure("Learning rate", "Of the hidden matrices."));
  }

  private String speed() {
    LineChart chart = new LineChart("Tokens per second by step", Frame.LARGE);
    colors.forEach((run, style) -> smoothed(chart, run, style, "tokens_per_second", ""));
    return switched(
        chart, Scale.FROM_ZERO, new Figure("Tokens per second", SMOOTHED + " Over all ranks."));
  }

  private String clippedSteps() {
    LineChart chart = new LineChart("Share of clipped steps by step", Frame.LARGE);
    colors.forEach(
        (run, style) ->
            chart.add(
                new Mark.Line(
                    colors.label(run, "clipped"),
                    style + " line",
                    run.measurements().series(Measurement::clippedSteps),
                    colors.name(run, ""))));
    Figure figure =
        new Figure(
            "Share of clipped steps",
            "Of the steps since the measurement before: those whose gradient was longer than"
                + " optimizer.gradient_clip.");
    return chart.isEmpty()
        ? figure.without(DiagnosticsSection.NO_DATA)
        : figure.of(chart.svg(Scale.FROM_ZERO));
  }

  private void smoothed(
      LineChart chart, RecordedRun run, String style, String column, String quantity) {
    Series raw = run.series(column);
    chart.add(new Mark.Band("", style + " raw", raw.envelope(Series.MOST_POINTS)));
    chart.add(
        new Mark.Line(
            colors.label(run, quantity.isEmpty() ? "mean" : quantity),
            style + " line",
            raw.smooth().thinned(Series.MOST_POINTS),
            colors.name(run, quantity)));
  }

  private static String switched(LineChart chart, Scale first, Figure figure) {
    return chart.isEmpty() ? figure.without("No step yet.") : figure.ofBoth(chart, first);
  }
}
