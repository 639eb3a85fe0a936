package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code weights}: where the weights of a run are held, with their gradients. The results
 * are the same.
 *
 * @param layout whether every rank holds all weights
 * @param shardGroup ranks that hold all weights together, each its rows of them; 0 for all ranks.
 *     With more than one such group, each holds all weights
 * @param keepGatheredBlocks blocks, the last ones of the model, whose gathered weights a rank keeps
 *     from the forward pass for the backward pass, in the sharded layout
 */
public record WeightsSettings(
    Layout layout, @Interval("[0, )") int shardGroup, @Interval("[0, )") int keepGatheredBlocks)
    implements Serializable {

  /** What a rank holds of the weights. */
  public enum Layout {
    /** All of them. */
    REPLICATED,
    /** Its rows of them; it gathers the others' for one stage of the model at a time. */
    SHARDED
  }

  /** Whether ranks hold rows of the weights. */
  public boolean isSharded() {
    return layout == Layout.SHARDED;
  }

  /**
   * The ranks that hold all weights together: 1 where each holds all.
   *
   * @param ranks the ranks of the run
   */
  public int groupSize(int ranks) {
    if (!isSharded()) {
      return 1;
    }
    return shardGroup == 0 ? ranks : shardGroup;
  }

  /**
   * Whether a row of the weights is held by more than one rank.
   *
   * @param ranks the ranks of the run
   */
  public boolean hasReplicas(int ranks) {
    return groupSize(ranks) < ranks;
  }
}
