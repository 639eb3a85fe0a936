package normuon.job.report;

import java.time.Duration;

/** The recent speed of a run, smoothed over some tens of steps, and what is shown of it. */
public final class Pace {

  private static final double NEW_SHARE = 0.05;

  private final int lastStep;
  private double tokensPerSecond;
  private double stepMs;
  private int step;

  /** Creates the pace of a run of so many steps. */
  public Pace(int lastStep) {
    this.lastStep = lastStep;
  }

  /** Adds a step, and returns what is to be shown after it. */
  public LiveNumbers add(StepRecord record) {
    boolean first = step == 0;
    tokensPerSecond =
        first ? record.tokensPerSecond() : mix(tokensPerSecond, record.tokensPerSecond());
    stepMs = first ? record.stepMs() : mix(stepMs, record.stepMs());
    step = record.step();
    return new LiveNumbers(
        step,
        lastStep,
        record.loss(),
        record.learningRate(),
        record.gradNorm(),
        record.stepMs(),
        tokensPerSecond,
        left());
  }

  private Duration left() {
    return Duration.ofMillis(Math.round(stepMs * Math.max(0, lastStep - step)));
  }

  private static double mix(double old, double added) {
    return old + NEW_SHARE * (added - old);
  }
}
