package normuon.job.checkpoint;

import java.util.List;
import java.util.Map;

/**
 * What a checkpoint holds; written last, so that a checkpoint without it does not exist.
 *
 * @param format version of this layout
 * @param step steps trained
 * @param sequencesConsumed the cursor: where the sample order goes on
 * @param tokens tokens trained on
 * @param newtonSchulzCalls orthogonalizations so far, over all ranks
 * @param inheritedUpdates updates of the checkpoint that the optimizer's state began with
 * @param refusedSteps steps so far whose gradient was not finite
 * @param ranks how many ranks wrote it; any number can read it
 * @param shards one file per rank
 * @param configuration the run's effective configuration, by key
 * @param owners which rank owned which matrix
 * @param provenance data, tokenizer and software that made it
 */
public record CheckpointManifest(
    int format,
    long step,
    long sequencesConsumed,
    long tokens,
    long newtonSchulzCalls,
    Long inheritedUpdates,
    RefusedSteps refusedSteps,
    int ranks,
    List<ShardFile> shards,
    Map<String, Object> configuration,
    Map<String, Integer> owners,
    Map<String, String> provenance) {

  /**
   * The version written by this code, which reads all before it, too. 1: as described here; 2: the
   * file has a SHA-256 of itself.
   */
  public static final int FORMAT = 2;

  /** A manifest from before steps were refused, or updates inherited, names none. */
  public CheckpointManifest {
    inheritedUpdates = inheritedUpdates == null ? 0 : inheritedUpdates;
    refusedSteps = refusedSteps == null ? RefusedSteps.NONE : refusedSteps;
  }
}
