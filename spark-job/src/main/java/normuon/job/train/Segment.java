package normuon.job.train;

import java.io.Serializable;

/**
 * A stretch of training that one barrier stage runs; it ends with a checkpoint.
 *
 * @param attemptId unique for each barrier stage: no message of another one is accepted
 * @param ranks the number of ranks that train it
 * @param from what was trained before it
 * @param toStep steps trained after it
 * @param evaluate whether the validation split is evaluated at its end
 * @param last whether the ranks may let go of the model afterwards
 */
record Segment(
    String attemptId, int ranks, Progress from, long toStep, boolean evaluate, boolean last)
    implements Serializable {

  /** Whether it has a step; a run that is complete is only evaluated. */
  boolean trains() {
    return toStep > from.step();
  }
}
