package normuon.job.charts;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import normuon.job.charts.Measurement.Parameter;

/** How well conditioned momentum and update are, and how large updates are beside weights. */
final class ConditionPictures {

  private static final Predicate<Parameter> HAS_CONDITION =
      parameter ->
          Double.isFinite(parameter.momentumCondition())
              || Double.isFinite(parameter.updateCondition());

  private final RunColors colors;

  ConditionPictures(RunColors colors) {
    this.colors = colors;
  }

  /** A picture for each kind of matrix: the runs over one another. */
  List<String> byStep() {
    Collection<String> kinds = colors.kinds(HAS_CONDITION);
    List<LineChart> charts = new ArrayList<>();
    for (String kind : kinds) {
      LineChart chart = new LineChart("Condition number of " + kind + " by step", Frame.SMALL);
      colors.forEach(
          (run, style) -> {
            Measurements measured = run.measurements().of(kind);
            String dashed = style + " line dashed";
            chart.add(line(run, dashed, "momentum", measured, Parameter::momentumCondition));
            chart.add(line(run, style + " line", "update", measured, Parameter::updateCondition));
          });
      charts.add(chart);
    }
    return figures(kinds, charts);
  }

  /** A picture for each kind of matrix: dots, the layers and runs beside one another. */
  List<String> byLayer() {
    LayerChart.Kind picture = LayerChart.Kind.CONDITION;
    Axis axis = LayerChart.axis(colors, picture);
    return colors.kinds(HAS_CONDITION).stream()
        .map(kind -> new Figure(kind, "").of(new LayerChart(colors, kind, picture, axis).svg()))
        .toList();
  }

  /** A picture for each kind of parameter: the runs over one another. */
  List<String> updateToWeight() {
    Collection<String> kinds =
        colors.kinds(parameter -> Double.isFinite(parameter.updateToWeight()));
    List<LineChart> charts = new ArrayList<>();
    for (String kind : kinds) {
      LineChart chart = new LineChart("Update to weight of " + kind + " by step", Frame.SMALL);
      colors.forEach(
          (run, style) ->
              chart.add(
                  line(
                      run,
                      style + " line",
                      "ratio",
                      run.measurements().of(kind),
                      Parameter::updateToWeight)));
      charts.add(chart);
    }
    return figures(kinds, charts);
  }

  private Mark line(
      RecordedRun run,
      String style,
      String quantity,
      Measurements measured,
      ToDoubleFunction<Parameter> number) {
    return new Mark.Line(colors.label(run, quantity), style, measured.medians(number), "");
  }

  private static List<String> figures(Collection<String> kinds, List<LineChart> charts) {
    Axis axis = LineChart.common(LineChart.Scale.LOGARITHMIC, charts);
    List<String> figures = new ArrayList<>();
    for (String kind : kinds) {
      figures.add(new Figure(kind, "").of(charts.get(figures.size()).svg(axis)));
    }
    return figures;
  }
}
