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
 * @param refused the steps that changed nothing, as their gradient was not finite
 */
record Progress(long step, long sequencesConsumed, long newtonSchulzCalls, RefusedSteps refused)
    implements Serializable {

  /** Before the first step. */
  static final Progress START = new Progress(0, 0, 0, RefusedSteps.NONE);

  /** After a checkpoint. */
  static Progress of(CheckpointManifest manifest) {
    return new Progress(
        manifest.step(),
        manifest.sequencesConsumed(),
        manifest.newtonSchulzCalls(),
        manifest.refusedSteps());
  }

  /** Updates of the weights so far. */
  long updates() {
    return step - refused.total();
  }

  /** After one more step. */
  Progress trained(int sequences, long calls) {
    return new Progress(
        step + 1, sequencesConsumed + sequences, newtonSchulzCalls + calls, refused.interrupted());
  }

  /** After one more step that was refused: its sequences are consumed all the same. */
  Progress refused(int sequences) {
    return new Progress(
        step + 1, sequencesConsumed + sequences, newtonSchulzCalls, refused.andOne());
  }
}
