package normuon.job.train;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Divides the time of one step among its phases, with nothing left over. */
final class PhaseClock {

  private final Map<Phase, Long> nanoseconds = new EnumMap<>(Phase.class);
  private long started;
  private long mark;

  /** Begins a step. */
  void start() {
    nanoseconds.clear();
    started = System.nanoTime();
    mark = started;
  }

  /** Adds the time since the last call to a phase. */
  void finish(Phase phase) {
    long now = System.nanoTime();
    nanoseconds.merge(phase, now - mark, Long::sum);
    mark = now;
  }

  /** Milliseconds of a phase in this step. */
  double milliseconds(Phase phase) {
    return nanoseconds.getOrDefault(phase, 0L) / 1e6;
  }

  /** Milliseconds of every phase in this step, by its name in lower case and in order. */
  Map<String, Double> milliseconds() {
    Map<String, Double> milliseconds = new LinkedHashMap<>();
    for (Phase phase : Phase.values()) {
      milliseconds.put(phase.name().toLowerCase(Locale.ROOT), milliseconds(phase));
    }
    return milliseconds;
  }

  /** Milliseconds from the start of the step to the last finished phase. */
  double stepMilliseconds() {
    return (mark - started) / 1e6;
  }
}
