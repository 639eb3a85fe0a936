package normuon.job.train;

import java.util.UUID;
import normuon.job.config.RunConfiguration;

/** Where segments end: at every checkpoint, every evaluation and the last step. */
final class SegmentSchedule {

  private final String runId;
  private final int steps;
  private final int checkpointEvery;
  private final int evaluateEvery;

  SegmentSchedule(String runId, RunConfiguration configuration) {
    this.runId = runId;
    this.steps = configuration.train().steps();
    this.checkpointEvery = configuration.checkpoint().everySteps();
    this.evaluateEvery = configuration.evaluate().everySteps();
  }

  /**
   * The segment that goes on from some progress, which is before the last step.
   *
   * @param ranks the number of ranks that train it
   */
  Segment after(Progress progress, int ranks) {
    long end =
        Math.min(
            steps,
            Math.min(next(progress.step(), checkpointEvery), next(progress.step(), evaluateEvery)));
    return new Segment(
        runId + "-" + progress.step() + "-" + UUID.randomUUID(),
        ranks,
        progress,
        end,
        end == steps || (evaluateEvery > 0 && end % evaluateEvery == 0),
        end == steps);
  }

  /** Whether there is nothing left to train. */
  boolean ends(Progress progress) {
    return progress.step() == steps;
  }

  /** The next multiple of a number of steps; never, if that is 0. */
  private static long next(long step, int every) {
    return every == 0 ? Long.MAX_VALUE : (step / every + 1) * every;
  }
}
