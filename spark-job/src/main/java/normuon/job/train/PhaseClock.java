package normuon.job.train;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Divides the time of one step among its phases, with nothing left over. */
final class PhaseClock {

  /** After the update of one bucket is applied, that of the next comes. */
  private static final Map<Phase, Phase> FOLLOWING =
      new EnumMap<>(
          Map.of(
              Phase.DATA, Phase.BACKWARD,
              Phase.BACKWARD, Phase.REDUCE,
              Phase.REDUCE, Phase.COLLECT,
              Phase.COLLECT, Phase.ORTHOGONALIZE,
              Phase.ORTHOGONALIZE, Phase.BROADCAST,
              Phase.BROADCAST, Phase.APPLY,
              Phase.APPLY, Phase.BROADCAST));

  private final Map<Phase, Long> nanoseconds = new EnumMap<>(Phase.class);
  private long started;
  private long mark;
  private long between;
  private boolean stepped;
  private Phase running = Phase.DATA;

  /** Begins a step. */
  void start() {
    nanoseconds.clear();
    started = System.nanoTime();
    between = stepped ? started - mark : 0;
    stepped = true;
    mark = started;
    running = Phase.DATA;
  }

  /** Adds the time since the last call to a phase. */
  void finish(Phase phase) {
    long now = System.nanoTime();
    nanoseconds.merge(phase, now - mark, Long::sum);
    mark = now;
    running = FOLLOWING.getOrDefault(phase, phase);
  }

  /** Says what runs, where that is not the phase that follows the last finished one. */
  void running(Phase phase) {
    running = phase;
  }

  /** The phase that runs. */
  Phase running() {
    return running;
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

  /**
   * Milliseconds between the step before and this one, in which neither computes; 0 for the first.
   */
  double controlMilliseconds() {
    return between / 1e6;
  }

  /** Milliseconds from the start of the step to the last finished phase. */
  double stepMilliseconds() {
    return (mark - started) / 1e6;
  }
}
