package normuon.job.checkpoint;

import java.io.Serializable;

/**
 * The steps of a run that a gradient which is not finite has kept from changing anything.
 *
 * @param total since the run began
 * @param consecutive up to now, without a step between them that was not refused
 */
public record RefusedSteps(long total, long consecutive) implements Serializable {

  /** At the start of a run. */
  public static final RefusedSteps NONE = new RefusedSteps(0, 0);

  /** After one more. */
  public RefusedSteps andOne() {
    return new RefusedSteps(total + 1, consecutive + 1);
  }

  /** After a step that was not refused. */
  public RefusedSteps interrupted() {
    return new RefusedSteps(total, 0);
  }
}
