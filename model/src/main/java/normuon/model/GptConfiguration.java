package normuon.model;

/**
 * The shape of a decoder.
 *
 * @param vocabularySize number of token ids
 * @param layers number of blocks
 * @param heads number of attention heads
 * @param keyValueHeads number of heads of keys and values, each shared by {@code heads /
 *     keyValueHeads} query heads
 * @param headWidth length of a query, key or value of one head; given as 0, it becomes {@code width
 *     / heads}
 * @param width length of the residual stream
 * @param context the most tokens in a sequence
 * @param mlp form of the feed-forward part
 * @param mlpWidth hidden width of the feed-forward part
 * @param queryKeyNorm whether RMSNorm with a learned gain is applied to every head of queries and
 *     keys before they are rotated, as in Qwen3
 * @param tiedHead whether the output projection is the embedding
 * @param rotaryBase base of the rotary positions' wavelengths
 * @param normEpsilon added to the mean square in RMSNorm
 */
public record GptConfiguration(
    int vocabularySize,
    int layers,
    int heads,
    int keyValueHeads,
    int headWidth,
    int width,
    int context,
    Mlp mlp,
    int mlpWidth,
    boolean queryKeyNorm,
    boolean tiedHead,
    double rotaryBase,
    double normEpsilon) {

  /** The form of the feed-forward part. */
  public enum Mlp {
    /** down(silu(gate(x)) * up(x)). */
    SWIGLU,
    /** down(relu(up(x))²). */
    SQUARED_RELU
  }

  /**
   * Checks the shape.
   *
   * @throws IllegalArgumentException naming the key, its value and what is allowed
   */
  public GptConfiguration {
    requirePositive("vocabulary size", vocabularySize);
    requirePositive("model.layers", layers);
    requirePositive("model.heads", heads);
    requirePositive("model.key_value_heads", keyValueHeads);
    requirePositive("model.width", width);
    requirePositive("model.context", context);
    requirePositive("model.mlp_width", mlpWidth);
    require(headWidth >= 0, "model.head_width", headWidth, "must be at least 0");
    if (headWidth == 0) {
      headWidth = share(width, heads);
    }
    require(headWidth % 2 == 0, "model.head_width", headWidth, "must be even");
    require(
        (long) heads * headWidth <= Integer.MAX_VALUE,
        "model.head_width",
        headWidth,
        "must be at most 2147483647 / model.heads " + heads);
    require(
        heads % keyValueHeads == 0,
        "model.key_value_heads",
        keyValueHeads,
        "must divide model.heads " + heads);
    require(rotaryBase > 1, "model.rotary_base", rotaryBase, "must be greater than 1");
    require(
        normEpsilon > 0 && normEpsilon < 1,
        "model.norm_epsilon",
        normEpsilon,
        "must be between 0 and 1");
  }

  private static int share(int width, int heads) {
    require(
        width % heads == 0,
        "model.heads",
        heads,
        "must divide model.width " + width + " where model.head_width is 0");
    require(
        width / heads % 2 == 0,
        "model.heads",
        heads,
        "must leave every head an even share of model.width " + width + ", not " + width / heads);
    return width / heads;
  }

  /** The width of the queries of all heads together, and of what the heads give. */
  public int queryWidth() {
    return heads * headWidth;
  }

  /** The width of all keys, and of all values, together. */
  public int keyValueWidth() {
    return keyValueHeads * headWidth;
  }

  private static void requirePositive(String key, int value) {
    require(value > 0, key, value, "must be at least 1");
  }

  private static void require(boolean allowed, String key, Object value, String what) {
    if (!allowed) {
      throw new IllegalArgumentException("Invalid " + key + " " + value + ": " + what);
    }
  }
}
