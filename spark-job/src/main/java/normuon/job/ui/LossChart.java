package normuon.job.ui;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import normuon.job.charts.LinearAxis;

/** Losses by steps as an SVG picture: a line for training, a dot for each evaluation. */
final class LossChart {

  private static final int LEFT = 60;
  private static final int RIGHT = 880;
  private static final int TOP = 15;
  private static final int BOTTOM = 290;
  private static final int TICKS = 6;

  /** A curve of fewer steps does not fill the width, so that ticks are whole steps. */
  private static final int LEAST_STEPS = 10;

  private final LinearAxis steps;
  private final LinearAxis losses;
  private final StringBuilder svg = new StringBuilder();

  private LossChart(LinearAxis steps, LinearAxis losses) {
    this.steps = steps;
    this.losses = losses;
  }

  /** Draws the losses of a run; a sentence where there is none yet. */
  static String svg(TrainingView run) {
    if (run.training().isEmpty() && run.validation().isEmpty()) {
      return "<p>No step yet.</p>\n";
    }
    int lastStep = points(run).mapToInt(LossCurve.Point::step).max().orElseThrow();
    double[] shown =
        DoubleStream.concat(
                points(run).mapToDouble(LossCurve.Point::loss), run.lossFloor().stream())
            .toArray();
    return new LossChart(
            new LinearAxis(0, Math.max(lastStep, LEAST_STEPS)),
            new LinearAxis(
                DoubleStream.of(shown).min().orElseThrow(),
                DoubleStream.of(shown).max().orElseThrow()))
        .draw(run);
  }

  private static Stream<LossCurve.Point> points(TrainingView run) {
    return Stream.concat(run.training().stream(), run.validation().stream());
  }

  private String draw(TrainingView run) {
    svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 330\" width=\"900\"")
        .append(" height=\"330\" font-size=\"12\" role=\"img\" aria-label=\"Loss by step\">\n");
    grid();
    run.lossFloor().ifPresent(this::floor);
    line(run.training());
    run.validation().forEach(this::dot);
    add("<text x=\"%d\" y=\"325\" text-anchor=\"middle\">step</text>", (LEFT + RIGHT) / 2);
    add(
        "<text x=\"%d\" y=\"28\" text-anchor=\"end\">line: training, dots: validation,"
            + " nats per token</text>",
        RIGHT - 5);
    return svg.append("</svg>\n").toString();
  }

  private void grid() {
    for (double loss : losses.ticks(TICKS)) {
      double y = y(loss);
      add(
          "<path d=\"M%d %.2fH%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.2f\""
              + " text-anchor=\"end\">%s</text>",
          LEFT, y, RIGHT, LEFT - 6, y + 4, LinearAxis.label(loss));
    }
    for (double step : steps.ticks(TICKS)) {
      double x = x(step);
      add(
          "<path d=\"M%.2f %dV%d\" stroke=\"#ddd\"/><text x=\"%.2f\" y=\"%d\""
              + " text-anchor=\"middle\">%s</text>",
          x, TOP, BOTTOM, x, BOTTOM + 16, LinearAxis.label(step));
    }
  }

  private void floor(double loss) {
    add(
        "<path d=\"M%d %.2fH%d\" stroke=\"#888\" stroke-dasharray=\"6 4\"><title>entropy of the"
            + " text: %.4f</title></path>",
        LEFT, y(loss), RIGHT, loss);
  }

  private void line(List<LossCurve.Point> points) {
    String coordinates =
        points.stream()
            .map(point -> format("%.2f,%.2f", x(point.step()), y(point.loss())))
            .collect(Collectors.joining(" "));
    add(
        "<polyline fill=\"none\" stroke=\"#0088cc\" stroke-width=\"1.5\" points=\"%s\"/>",
        coordinates);
  }

  private void dot(LossCurve.Point point) {
    add(
        "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"4\" fill=\"#d9534f\"><title>validation loss after step"
            + " %d: %.4f</title></circle>",
        x(point.step()), y(point.loss()), point.step(), point.loss());
  }

  private double x(double step) {
    return LEFT + steps.share(step) * (RIGHT - LEFT);
  }

  private double y(double loss) {
    return BOTTOM - losses.share(loss) * (BOTTOM - TOP);
  }

  private void add(String pattern, Object... values) {
    svg.append(format(pattern, values)).append('\n');
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
