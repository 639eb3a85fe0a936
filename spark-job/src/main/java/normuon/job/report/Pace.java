package normuon.job.report;

import java.time.Duration;

/** The recent speed of a run, smoothed over some tens of steps. */
final class Pace {

  private static final double NEW_SHARE = 0.05;

  private final int lastStep;
  private double tokensPerSecond;
  private double stepMs;
  private int step;

  /** Creates the pace of a run of so many steps. */
  Pace(int lastStep) {
    this.lastStep = lastStep;
  }

  void add(StepRecord record) {
    boolean first = step == 0;
    tokensPerSecond =
        first ? record.tokensPerSecond() : mix(tokensPerSecond, record.tokensPerSecond());
    stepMs = first ? record.stepMs() : mix(stepMs, record.stepMs());
    step = record.step();
  }

  double tokensPerSecond() {
    return tokensPerSecond;
  }

  /** The time that the steps still to come will take. */
  Duration left() {
    return Duration.ofMillis(Math.round(stepMs * Math.max(0, lastStep - step)));
  }

  private static double mix(double old, double added) {
    return old + NEW_SHARE * (added - old);
  }
}
