package normuon.job.train;

import java.io.Serializable;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.RefusedSteps;

/**
 * How far a run has come.
 *
 * @param step steps trained, refused ones included
 * @param sequencesConsumed the cursor
 * @param newtonSchulzCalls matrices orthogonalized, over all ranks
 * @param inheritedUpdates updates that other runs made of the optimizer's state
 * @param refused the steps that changed nothing, as their gradient was not finite
 */
record Progress(
    long step,
    long sequencesConsumed,
    long newtonSchulzCalls,
    long inheritedUpdates,
    RefusedSteps refused)
    implements Serializable {

  /** Before the first step. */
  static final Progress START = new Progress(0, 0, 0, 0, RefusedSteps.NONE);

  /** After a checkpoint. */
  static Progress of(CheckpointManifest manifest) {
    return new Progress(
        manifest.step(),
        manifest.sequencesConsumed(),
        manifest.newtonSchulzCalls(),
        manifest.inheritedUpdates(),
        manifest.refusedSteps());
  }

  /** Before the first step of a run that goes on with another's optimizer state. */
  static Progress inheriting(long updates) {
    return new Progress(0, 0, 0, updates, RefusedSteps.NONE);
  }

  /** Updates of the optimizer's state so far. */
  long updates() {
    return inheritedUpdates + step - refused.total();
  }

  /** After one more step. */
  Progress trained(int sequences, long calls) {
    return new Progress(
        step + 1,
        sequencesConsumed + sequences,
        newtonSchulzCalls + calls,
        inheritedUpdates,
        refused.interrupted());
  }

  /** After one more step that was refused: its sequences are consumed all the same. */
  Progress refused(int sequences) {
    return new Progress(
        step + 1,
        sequencesConsumed + sequences,
        newtonSchulzCalls,
        inheritedUpdates,
        refused.andOne());
  }
}
