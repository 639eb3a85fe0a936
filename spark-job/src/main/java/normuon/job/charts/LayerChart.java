package normuon.job.charts;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import normuon.job.charts.Measurement.Parameter;

/** One kind of matrix layer by layer, at the last step that was measured; the runs beside. */
final class LayerChart {

  private static final double WIDEST_BOX = 16;
  private static final int MOST_LABELS = 12;

  private final RunColors colors;
  private final String kind;
  private final Kind picture;
  private final Axis axis;

  /** What is drawn of each matrix. */
  enum Kind {
    /** The distribution of its row norms before and after normalization. */
    ROW_NORMS,
    /** The condition numbers of its momentum and of its update. */
    CONDITION
  }

  /**
   * Creates the chart.
   *
   * @param kind which matrices, such as {@code q_proj}
   * @param picture what is drawn of each
   * @param axis where values lie
   */
  LayerChart(RunColors colors, String kind, Kind picture, Axis axis) {
    this.colors = colors;
    this.kind = kind;
    this.picture = picture;
    this.axis = axis;
  }

  /** The axis on which all matrices of all runs have their place. */
  static Axis axis(RunColors colors, Kind picture) {
    double[] values =
        colors.runs().stream()
            .flatMap(run -> run.measurements().last().stream())
            .filter(parameter -> isShown(picture, parameter))
            .flatMapToDouble(
                parameter ->
                    picture == Kind.CONDITION
                        ? DoubleStream.of(
                            parameter.momentumCondition(), parameter.updateCondition())
                        : DoubleStream.of(
                            parameter.before().p5(),
                            parameter.before().p95(),
                            parameter.after().p5(),
                            parameter.after().p95()))
            .filter(Double::isFinite)
            .toArray();
    return LineChart.axis(LineChart.Scale.LOGARITHMIC, values);
  }

  String svg() {
    List<Integer> layers = layers();
    Frame frame = Frame.SMALL;
    Plot plot = new Plot(frame, new LinearAxis(0, 1), axis, kind + " by layer");
    plot.values(4);
    double width = (frame.x(1) - frame.x(0)) / Math.max(1, layers.size());
    for (int i = 0; i < layers.size(); i++) {
      double center = frame.x(0) + (i + 0.5) * width;
      layer(plot, layers.get(i), center, width * 0.86 / colors.runs().size());
      if (i % ((layers.size() + MOST_LABELS - 1) / MOST_LABELS) == 0) {
        String label = layers.get(i) < 0 ? "whole" : Integer.toString(layers.get(i));
        plot.text(center, frame.y(0) + 17, "tick middle", label);
      }
    }
    plot.text(frame.x(0.5), frame.height() - 5, "tick middle", "layer");
    return plot.svg();
  }

  private List<Integer> layers() {
    return colors.runs().stream()
        .flatMap(run -> matrices(run).stream())
        .map(parameter -> parameter.place().layer())
        .distinct()
        .sorted()
        .toList();
  }

  private List<Parameter> matrices(RecordedRun run) {
    return run.measurements().last().stream()
        .filter(parameter -> parameter.place().kind().equals(kind))
        .filter(parameter -> isShown(picture, parameter))
        .toList();
  }

  /** Row norms are those of layers; a condition may be that of any matrix. */
  private static boolean isShown(Kind picture, Parameter parameter) {
    return picture == Kind.CONDITION || parameter.place().isInLayer();
  }

  /** The runs beside one another, each so wide. */
  private void layer(Plot plot, int layer, double center, double width) {
    List<RecordedRun> runs = new ArrayList<>(colors.runs());
    colors.forEach(
        (run, style) -> {
          double place = center + (runs.indexOf(run) - (runs.size() - 1) / 2.0) * width;
          for (Parameter parameter : matrices(run)) {
            if (parameter.place().layer() == layer) {
              matrix(plot, parameter, style, place, colors.label(run, "layer " + layer));
            }
          }
        });
  }

  private void matrix(Plot plot, Parameter parameter, String style, double place, String title) {
    double share = (Frame.SMALL.x(1) - Frame.SMALL.x(0)) / layers().size() / colors.runs().size();
    double width = Math.min(WIDEST_BOX, share * 0.36);
    if (picture == Kind.CONDITION) {
      dot(plot, style + " hollow dot", place, parameter.momentumCondition(), title + ", momentum ");
      dot(plot, style + " dot", place, parameter.updateCondition(), title + ", update ");
      return;
    }
    box(
        plot,
        style + " hollow",
        place - width * 0.6,
        width,
        parameter.before(),
        title + ", before");
    box(plot, style, place + width * 0.6, width, parameter.after(), title + ", update");
  }

  private static void dot(Plot plot, String style, double place, double value, String title) {
    if (Double.isFinite(value)) {
      plot.dot(style, place, value, title + NumberText.format("%.3g", value));
    }
  }

  private static void box(
      Plot plot, String style, double place, double width, RowNorms norms, String title) {
    if (norms.exist()) {
      String text =
          String.format(
              Locale.ROOT,
              "%s: p5 %.3f, quartiles %.3f and %.3f, median %.3f, p95 %.3f",
              title,
              norms.p5(),
              norms.p25(),
              norms.p75(),
              norms.median(),
              norms.p95());
      plot.box(style, place, width, norms, text);
    }
  }
}
