package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code train}.
 *
 * @param ranks number of barrier tasks that train together; each needs a slot
 * @param steps optimizer steps of the whole run
 * @param seed seed of the initial weights and of the order of the sequences
 * @param sequencesPerStep sequences of one step over all ranks
 * @param microBatchSequences sequences that a rank takes forward and backward at once; 0 for its
 *     whole share
 * @param precision number format of the forward and backward passes' matrix products
 * @param activationCheckpointing what a forward pass keeps for the backward pass
 * @param lossChunkTokens tokens whose logits are in memory at one time; 0 for as many as fit in 64
 *     MiB
 * @param threadsPerRank threads that a rank computes with
 * @param verifyReplicasEverySteps steps between checks that every rank has the same weights; 0 for
 *     none
 */
public record TrainSettings(
    @MayChangeOnResume @Interval("[1, )") int ranks,
    @Interval("[1, )") int steps,
    long seed,
    @Interval("[1, )") int sequencesPerStep,
    @MayChangeOnResume @Interval("[0, )") int microBatchSequences,
    Precision precision,
    @MayChangeOnResume ActivationCheckpointing activationCheckpointing,
    @MayChangeOnResume @Interval("[0, )") int lossChunkTokens,
    @MayChangeOnResume @Interval("[1, )") int threadsPerRank,
    @MayChangeOnResume @Interval("[0, )") int verifyReplicasEverySteps)
    implements Serializable {

  /**
   * The most sequences that a rank takes through the model at once.
   *
   * @param ranks the ranks of the run
   */
  public int sequencesAtOnce(int ranks) {
    int share = (sequencesPerStep + ranks - 1) / ranks;
    return microBatchSequences == 0 ? share : Math.min(microBatchSequences, share);
  }

  /** The number format of matrix products; weights, gradients and sums are float32 in both. */
  public enum Precision {
    /** IEEE single precision. */
    F32,
    /** bfloat16, from copies of the weights. */
    BF16
  }

  /** What a forward pass keeps for the backward pass; the results are the same, bit by bit. */
  public enum ActivationCheckpointing {
    /** All that the backward pass needs. */
    NONE,
    /** The input of every block, which is computed again in the backward pass. */
    BLOCKS
  }
}
