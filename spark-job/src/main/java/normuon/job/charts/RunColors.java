package normuon.job.charts;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import normuon.job.charts.Measurement.Parameter;

/** The runs of a report, each with the class that gives it its color everywhere. */
record RunColors(List<RecordedRun> runs) {

  /** As many runs as there are colors that everyone can tell apart. */
  static final int MOST_RUNS = 8;

  /** The class of a run. */
  String style(int index) {
    return "r" + index;
  }

  boolean isSingle() {
    return runs.size() == 1;
  }

  /** Does something for each run with its class. */
  void forEach(BiConsumer<RecordedRun, String> action) {
    for (int i = 0; i < runs.size(); i++) {
      action.accept(runs.get(i), style(i));
    }
  }

  /**
   * The figure of what is drawn for each run apart: named by the run where there are several.
   *
   * @param quantity its name otherwise
   */
  Figure figure(RecordedRun run, String style, String quantity, String caption) {
    return isSingle() ? new Figure(quantity, caption) : new Figure(run.name(), caption, style);
  }

  /** The kinds of the parameters of which a run has what is asked for, in their order. */
  Collection<String> kinds(Predicate<Parameter> condition) {
    Set<String> kinds = new LinkedHashSet<>();
    runs.forEach(run -> kinds.addAll(run.measurements().kinds(condition)));
    return kinds;
  }

  /** What a quantity of a run is called: its run goes without saying if it is the only one. */
  String label(RecordedRun run, String quantity) {
    return isSingle() ? quantity : quantity.isEmpty() ? run.name() : run.name() + " " + quantity;
  }

  /** What stands beside the end of a line. */
  String name(RecordedRun run, String quantity) {
    return isSingle() ? quantity : run.name();
  }
}
