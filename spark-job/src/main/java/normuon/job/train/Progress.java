package normuon.job.train;

import normuon.job.checkpoint.CheckpointManifest;

/**
 * How far a run has come.
 *
 * @param step steps trained
 * @param sequencesConsumed the cursor
 * @param newtonSchulzCalls matrices orthogonalized, over all ranks
 */
record Progress(long step, long sequencesConsumed, long newtonSchulzCalls) {

  /** Before the first step. */
  static final Progress START = new Progress(0, 0, 0);

  /** After a checkpoint. */
  static Progress of(CheckpointManifest manifest) {
    return new Progress(
        manifest.step(), manifest.sequencesConsumed(), manifest.newtonSchulzCalls());
  }
}
