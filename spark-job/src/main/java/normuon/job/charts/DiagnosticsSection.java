package normuon.job.charts;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import normuon.job.charts.LineChart.Scale;
import normuon.job.charts.Measurement.Parameter;

/**
 * The pictures that NorMuon's paper argues with: how even the rows of updates are, and how well
 * conditioned momentum and update are; by kind of matrix, by layer and by step.
 */
final class DiagnosticsSection {

  /** What stands in the place of a picture for which nothing was measured. */
  static final String NO_DATA =
      "No data: the optimizer is measured every report.diagnostics_every_steps steps.";

  private static final Predicate<Parameter> HAS_ROWS =
      parameter -> parameter.before().exist() || parameter.after().exist();
  private static final Predicate<Parameter> HAS_CONDITION =
      parameter ->
          Double.isFinite(parameter.momentumCondition())
              || Double.isFinite(parameter.updateCondition());

  private final RunColors colors;

  DiagnosticsSection(RunColors colors) {
    this.colors = colors;
  }

  String html() {
    return rowsByLayer() + rowsByStep() + condition() + conditionByLayer() + updateToWeight();
  }

  private String rowsByLayer() {
    List<String> figures = new ArrayList<>();
    LayerChart.Kind picture = LayerChart.Kind.ROW_NORMS;
    Axis axis = LayerChart.axis(colors, picture);
    for (String kind : kinds(HAS_ROWS)) {
      figures.add(new Figure(kind, "").of(new LayerChart(colors, kind, picture, axis).svg()));
    }
    return part(
        "Row norms of the update, by layer",
        "How long the update of each neuron is, over the matrix' mean (1), at the last measured"
            + " step. Hollow: the polar factor before normalization. Filled: the update. Box:"
            + " quartiles and median; whiskers: p5 and p95.",
        "narrow",
        figures);
  }

  private String rowsByStep() {
    List<String> figures = new ArrayList<>();
    for (String kind : kinds(HAS_ROWS)) {
      List<LineChart> charts = new ArrayList<>();
      List<Figure> headings = new ArrayList<>();
      colors.forEach(
          (run, style) -> {
            if (run.measurements().kinds(HAS_ROWS).contains(kind)) {
              charts.add(rows(run, style, kind));
              headings.add(new Figure(colors.label(run, kind), ""));
            }
          });
      Axis axis = common(Scale.LINEAR, charts);
      for (int i = 0; i < charts.size(); i++) {
        figures.add(headings.get(i).of(charts.get(i).svg(axis)));
      }
    }
    return part(
        "Row norms of the update, by step",
        "Bands from p5 to p95, and medians; the median over the layers of each. Gray: the polar"
            + " factor before normalization. Colored: the update.",
        "narrow",
        figures);
  }

  private LineChart rows(RecordedRun run, String style, String kind) {
    LineChart chart =
        new LineChart("Row norms of " + kind + " by step, " + run.name(), Frame.SMALL);
    band(chart, run, kind, "before", "before", Parameter::before);
    band(chart, run, kind, style, "update", Parameter::after);
    return chart;
  }

  private static void band(
      LineChart chart,
      RecordedRun run,
      String kind,
      String style,
      String stage,
      Function<Parameter, RowNorms> norms) {
    Measurements all = run.measurements();
    Series low = all.medians(kind, parameter -> norms.apply(parameter).p5());
    Series high = all.medians(kind, parameter -> norms.apply(parameter).p95());
    if (low.steps().length == high.steps().length) {
      chart.add(
          new Mark.Band(
              stage + " p5–p95",
              style + " band",
              new Series.Envelope(low.steps(), low.values(), high.values())));
    }
    chart.add(
        new Mark.Line(
            stage + " median",
            style + " line",
            all.medians(kind, parameter -> norms.apply(parameter).median()),
            ""));
  }

  private String condition() {
    List<LineChart> charts = new ArrayList<>();
    Collection<String> kinds = kinds(HAS_CONDITION);
    for (String kind : kinds) {
      LineChart chart = new LineChart("Condition number of " + kind + " by step", Frame.SMALL);
      colors.forEach(
          (run, style) -> {
            line(
                chart, run, style + " line dashed", kind, "momentum", Parameter::momentumCondition);
            line(chart, run, style + " line", kind, "update", Parameter::updateCondition);
          });
      charts.add(chart);
    }
    return part(
        "Condition number, by step",
        "Largest over smallest singular value, the median over the layers, on a logarithmic axis."
            + " Dashed: the momentum. Solid: the update.",
        "narrow",
        figures(kinds, charts, Scale.LOGARITHMIC));
  }

  private String conditionByLayer() {
    List<String> figures = new ArrayList<>();
    LayerChart.Kind picture = LayerChart.Kind.CONDITION;
    Axis axis = LayerChart.axis(colors, picture);
    for (String kind : kinds(HAS_CONDITION)) {
      figures.add(new Figure(kind, "").of(new LayerChart(colors, kind, picture, axis).svg()));
    }
    return part(
        "Condition number, by layer",
        "At the last measured step, on a logarithmic axis. Hollow: the momentum. Filled: the"
            + " update.",
        "narrow",
        figures);
  }

  private String updateToWeight() {
    List<LineChart> charts = new ArrayList<>();
    Collection<String> kinds = kinds(parameter -> Double.isFinite(parameter.updateToWeight()));
    for (String kind : kinds) {
      LineChart chart = new LineChart("Update to weight of " + kind + " by step", Frame.SMALL);
      colors.forEach(
          (run, style) ->
              line(chart, run, style + " line", kind, "ratio", Parameter::updateToWeight));
      charts.add(chart);
    }
    return part(
        "Update to weight, by step",
        "Norm of a step's update over the norm of the weight, the median over the layers, on a"
            + " logarithmic axis.",
        "narrow",
        figures(kinds, charts, Scale.LOGARITHMIC));
  }

  private void line(
      LineChart chart,
      RecordedRun run,
      String style,
      String kind,
      String quantity,
      ToDoubleFunction<Parameter> number) {
    Series series = run.measurements().medians(kind, number);
    chart.add(new Mark.Line(colors.label(run, quantity), style, series, ""));
  }

  private static List<String> figures(
      Collection<String> kinds, List<LineChart> charts, Scale scale) {
    Axis axis = common(scale, charts);
    List<String> figures = new ArrayList<>();
    int index = 0;
    for (String kind : kinds) {
      figures.add(new Figure(kind, "").of(charts.get(index++).svg(axis)));
    }
    return figures;
  }

  private static Axis common(Scale scale, List<LineChart> charts) {
    return LineChart.axis(
        scale,
        charts.stream()
            .map(LineChart::values)
            .reduce(DoubleStream::concat)
            .orElse(DoubleStream.empty())
            .toArray());
  }

  private Collection<String> kinds(Predicate<Parameter> condition) {
    Set<String> kinds = new LinkedHashSet<>();
    colors.runs().forEach(run -> kinds.addAll(run.measurements().kinds(condition)));
    return kinds;
  }

  private static String part(
      String heading, String explanation, String grid, List<String> figures) {
    return figures.isEmpty()
        ? Markup.section(heading, Markup.paragraph("nothing", NO_DATA))
        : Markup.section(
            heading, Markup.paragraph("explanation", explanation), Markup.grid(grid, figures));
  }
}
