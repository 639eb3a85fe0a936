package normuon.job.charts;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import normuon.job.charts.Measurement.Parameter;

/** How even the rows of updates are, before normalization and after. */
final class RowNormPictures {

  /** Embedding and head have a row for each token, of which rare ones hardly move. */
  private static final Predicate<Parameter> HAS_ROWS =
      parameter ->
          parameter.place().isInLayer()
              && (parameter.before().exist() || parameter.after().exist());

  private final RunColors colors;

  RowNormPictures(RunColors colors) {
    this.colors = colors;
  }

  /** A picture for each kind of matrix: boxes, the layers and runs beside one another. */
  List<String> byLayer() {
    LayerChart.Kind picture = LayerChart.Kind.ROW_NORMS;
    Axis axis = LayerChart.axis(colors, picture);
    return colors.kinds(HAS_ROWS).stream()
        .map(kind -> new Figure(kind, "").of(new LayerChart(colors, kind, picture, axis).svg()))
        .toList();
  }

  /** A picture for each kind of matrix and run, those of a kind beside one another. */
  List<String> byStep() {
    List<String> kinds = new ArrayList<>();
    for (String kind : colors.kinds(HAS_ROWS)) {
      List<LineChart> charts = new ArrayList<>();
      colors.forEach((run, style) -> charts.add(rows(run, style, kind)));
      Axis axis = LineChart.common(LineChart.Scale.LOGARITHMIC, charts);
      List<String> figures = new ArrayList<>();
      colors.forEach(
          (run, style) -> {
            LineChart chart = charts.get(figures.size());
            Figure figure = colors.figure(run, style, kind, "");
            figures.add(
                chart.isEmpty()
                    ? figure.without(DiagnosticsSection.NO_DATA)
                    : figure.of(chart.svg(axis)));
          });
      kinds.add(colors.isSingle() ? figures.get(0) : Markup.group(kind, figures));
    }
    return kinds;
  }

  private static LineChart rows(RecordedRun run, String style, String kind) {
    LineChart chart =
        new LineChart("Row norms of " + kind + " by step, " + run.name(), Frame.SMALL);
    band(chart, run.measurements().of(kind), "before", "before", Parameter::before);
    band(chart, run.measurements().of(kind), style, "update", Parameter::after);
    return chart;
  }

  private static void band(
      LineChart chart,
      Measurements measured,
      String style,
      String stage,
      Function<Parameter, RowNorms> norms) {
    Measurements having = measured.where(parameter -> norms.apply(parameter).exist());
    Series low = having.medians(parameter -> norms.apply(parameter).p5());
    Series high = having.medians(parameter -> norms.apply(parameter).p95());
    Series median = having.medians(parameter -> norms.apply(parameter).median());
    chart.add(
        new Mark.Band(
            stage + " p5 to p95",
            style + " band",
            new Series.Envelope(low.steps(), low.values(), high.values())));
    chart.add(new Mark.Line(stage + " median", style + " line", median, ""));
  }
}
