package normuon.job.charts;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where the time of a run's steps went. */
final class Phases {

  private static final String SUFFIX = "_ms";
  private static final String WHOLE_STEP = "step_ms";
  private static final int PARTS = 80;

  private final RecordedRun run;

  Phases(RecordedRun run) {
    this.run = run;
  }

  /** Their names, in the order of a step. */
  List<String> names() {
    return run.steps().names().stream()
        .filter(name -> name.endsWith(SUFFIX) && !name.equals(WHOLE_STEP))
        .map(name -> name.substring(0, name.length() - SUFFIX.length()))
        .toList();
  }

  /** The mean of each over all steps, in milliseconds. */
  Map<String, Double> means() {
    Map<String, Double> means = new LinkedHashMap<>();
    for (String name : names()) {
      double mean = Arrays.stream(run.series(name + SUFFIX).values()).average().orElse(0);
      means.put(name, mean * run.series(name + SUFFIX).steps().length / run.steps().size());
    }
    return means;
  }

  /** The course of each, one above the other: the medians over parts of the run. */
  LineChart chart(Frame frame) {
    LineChart chart = new LineChart("Time of the phases of a step, " + run.name(), frame);
    double[] below = null;
    for (String name : names()) {
      Series time = zeroWhereAbsent(run.steps().series(name + SUFFIX)).medians(PARTS);
      double[] low = below == null ? new double[time.steps().length] : below;
      double[] high = new double[low.length];
      Arrays.setAll(high, i -> low[i] + time.values()[i]);
      chart.add(new Mark.Layer(name, style(name), new Series.Envelope(time.steps(), low, high)));
      below = high;
    }
    return chart;
  }

  /** The class of a phase; of one that has none in the style sheet, that of others. */
  static String style(String name) {
    return name.matches("[a-z_]+") ? "phase p-" + name : "phase";
  }

  private static Series zeroWhereAbsent(Series series) {
    return new Series(
        series.steps(),
        Arrays.stream(series.values()).map(ms -> Double.isFinite(ms) ? ms : 0).toArray());
  }
}
