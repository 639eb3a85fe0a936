package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code initialization}: what a run has before its first step.
 *
 * @param checkpoint the folder of a checkpoint of another run; empty for weights drawn from the
 *     seed
 * @param state what is taken from it
 */
public record InitializationSettings(String checkpoint, State state) implements Serializable {

  /** What a run takes from another's checkpoint. */
  public enum State {
    /** The weights; momentum and statistics begin at zero. */
    WEIGHTS,
    /** The weights, the optimizer's state, and the number of updates that made it. */
    WEIGHTS_AND_OPTIMIZER
  }

  /** Whether weights are drawn from the seed. */
  public boolean isFromSeed() {
    return checkpoint.isEmpty();
  }
}
