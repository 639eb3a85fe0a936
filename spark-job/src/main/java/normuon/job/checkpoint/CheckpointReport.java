package normuon.job.checkpoint;

import java.util.List;

/**
 * What the folder of a checkpoint holds.
 *
 * @param folder its name
 * @param state whether a run can go on from it
 * @param damages what is wrong, one line each
 * @param manifest what it says of itself; null if that cannot be read
 * @param tensors what its readable shards hold, by name
 */
public record CheckpointReport(
    String folder,
    State state,
    List<String> damages,
    CheckpointManifest manifest,
    List<StoredTensor> tensors) {

  /** Whether a run can go on from a checkpoint. */
  public enum State {
    /** It can. */
    WHOLE,
    /** It could, and something has changed since. */
    DAMAGED,
    /** It was never committed. */
    UNFINISHED
  }
}
