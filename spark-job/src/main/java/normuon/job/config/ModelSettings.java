package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code model}.
 *
 * @param layers number of decoder blocks
 * @param heads number of attention heads
 * @param keyValueHeads number of heads of keys and values; 0 for as many as {@code heads}
 * @param headWidth length of a query, key or value of one head; 0 for {@code width / heads}
 * @param width length of the residual stream
 * @param context tokens in a sequence
 * @param mlp form of the feed-forward part
 * @param mlpWidth hidden width of the feed-forward part; 0 to derive it from {@code width}
 * @param queryKeyNorm whether queries and keys are normalized
 * @param tiedHead whether the output projection is the embedding
 * @param rotaryBase base of the rotary positions' wavelengths
 * @param normEpsilon added to the mean square in RMSNorm
 * @param vocabularySize rows of embedding and head; 0 for as many as the tokenizer has tokens
 */
public record ModelSettings(
    @Interval("[1, )") int layers,
    @Interval("[1, )") int heads,
    @Interval("[0, )") int keyValueHeads,
    @Interval("[0, 1048576]") int headWidth,
    @Interval("[1, 1048576]") int width,
    @Interval("[1, )") int context,
    Mlp mlp,
    @Interval("[0, )") int mlpWidth,
    boolean queryKeyNorm,
    boolean tiedHead,
    @Interval("(1, )") double rotaryBase,
    @Interval("(0, 1)") double normEpsilon,
    @Interval("[0, )") int vocabularySize)
    implements Serializable {

  private static final int MLP_WIDTH_MULTIPLE = 8;

  /** The number of heads of keys and values, derived where it is 0. */
  public int effectiveKeyValueHeads() {
    return keyValueHeads == 0 ? heads : keyValueHeads;
  }

  /**
   * The hidden width of the feed-forward part, derived where it is 0: 8/3 of the width rounded up
   * to a multiple of 8 for SwiGLU, 4 times the width for squared ReLU, which makes both hold about
   * 8 width² weights.
   */
  public int effectiveMlpWidth() {
    if (mlpWidth > 0) {
      return mlpWidth;
    }
    return switch (mlp) {
      case SWIGLU -> (width + 2) / 3 * MLP_WIDTH_MULTIPLE;
      case SQUARED_RELU -> 4 * width;
    };
  }

  /** The form of the feed-forward part. */
  public enum Mlp {
    /** down(silu(gate(x)) * up(x)). */
    SWIGLU,
    /** down(relu(up(x))²). */
    SQUARED_RELU
  }
}
