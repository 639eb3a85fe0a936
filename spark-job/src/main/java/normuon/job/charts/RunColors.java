package normuon.job.charts;

import java.util.List;
import java.util.function.BiConsumer;

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

  /** What a quantity of a run is called: its run goes without saying if it is the only one. */
  String label(RecordedRun run, String quantity) {
    return isSingle() ? quantity : quantity.isEmpty() ? run.name() : run.name() + " " + quantity;
  }

  /** What stands beside the end of a line. */
  String name(RecordedRun run, String quantity) {
    return isSingle() ? quantity : run.name();
  }
}
