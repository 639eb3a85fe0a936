package normuon.model;

/**
 * How a model computes its passes: what is traded between time, memory and rounding.
 *
 * @param precision the number format of matrix products
 * @param checkpointing what a forward pass keeps for the backward pass
 * @param lossChunkTokens tokens whose logits are there at one time; 0 for as many as fit in 64 MiB
 */
public record ComputeOptions(
    ComputePrecision precision, ActivationCheckpointing checkpointing, int lossChunkTokens) {

  /** float32 throughout, all activations kept, the default size of logits. */
  public static final ComputeOptions DEFAULT =
      new ComputeOptions(ComputePrecision.F32, ActivationCheckpointing.NONE, 0);

  private static final long LOGIT_BYTES = 64L << 20;

  /** Products of whole tiles are the fastest. */
  private static final long TILE = 16;

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if the number of tokens is negative
   */
  public ComputeOptions {
    if (lossChunkTokens < 0) {
      throw new IllegalArgumentException(
          "Invalid loss chunk of " + lossChunkTokens + " tokens: must be at least 0");
    }
  }

  /** The tokens whose logits are there at one time, for a vocabulary. */
  public long lossChunk(int vocabularySize) {
    if (lossChunkTokens > 0) {
      return lossChunkTokens;
    }
    long fitting = LOGIT_BYTES / Float.BYTES / vocabularySize;
    return Math.max(1, fitting < TILE ? fitting : fitting / TILE * TILE);
  }
}
