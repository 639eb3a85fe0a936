package normuon.model;

/**
 * The native memory of one forward and backward pass in float32, beside weights and gradients, in
 * bytes. It follows from what each operator in {@code operators.py} keeps and makes, and from when
 * {@link Gpt} frees it. With N = sequences · length tokens, D = width, H heads, K key-value heads,
 * d = D / H, F = MLP width, V = vocabulary, the passes keep, in numbers:
 *
 * <pre>
 *   embedding         N D
 *   attention         N (6 D + H + 1)     output, normalized input and its factor, queries, keys and
 *                                         values as the heads see them, their mix, log-sum-exp
 *     with QK-norm    + N (D + H + K d + K)
 *   SwiGLU            N (2 D + 4 F + 1)   output, normalized input and its factor, four hidden
 *   squared ReLU      N (2 D + 2 F + 1)   the same with two hidden
 *   output            N (D + 1)           normalized input and its factor
 * </pre>
 *
 * @param saved what the forward pass keeps for the backward pass
 * @param logits the logits and their gradient, 2 N V, which stay to the end of the backward pass
 * @param scratch what the backward pass needs beyond these at its peak, which is in the last block:
 *     later it frees more than it takes
 */
public record ActivationMemory(long saved, long logits, long scratch) {

  /**
   * The memory of a micro-batch.
   *
   * @param shape the model's shape
   * @param sequences sequences that go through the model together
   * @param length tokens of a sequence
   */
  public static ActivationMemory of(GptConfiguration shape, long sequences, long length) {
    long tokens = Math.multiplyExact(sequences, length);
    long block = attention(shape) + mlp(shape);
    long saved = shape.width() + shape.layers() * block + shape.width() + 1;
    return new ActivationMemory(
        bytes(tokens, saved),
        bytes(tokens, 2L * shape.vocabularySize()),
        bytes(tokens, scratch(shape)));
  }

  /**
   * The memory of {@link Gpt#sampleTargets} at its peak, in bytes: the logits in float32 and, of
   * the softmax and its running sum in float64, two at a time: 20 N V.
   *
   * @param shape the model's shape
   * @param sequences sequences that go through the model together
   * @param length tokens of a sequence
   */
  public static long sampling(GptConfiguration shape, long sequences, long length) {
    return bytes(Math.multiplyExact(sequences, length), 5L * shape.vocabularySize());
  }

  /**
   * The memory of {@link Gpt#accumulateHessianProduct} at its peak, in bytes and beside the
   * directions. Autograd decides what it keeps for the second backward pass, so the numbers per
   * token are fitted to measured peaks, which they meet to 10%: 18 D + 6 K d + 4 H T in every
   * layer, of which the last are the attention scores over a length of T; 10 F with SwiGLU, 4 F
   * with squared ReLU; 7 (D + K d) with QK-norm; and once 9 D + 5 V + 4 H T.
   *
   * @param shape the model's shape
   * @param sequences sequences that go through the model together
   * @param length tokens of a sequence
   */
  public static long hessianProduct(GptConfiguration shape, long sequences, long length) {
    long width = shape.width();
    long scores = 4L * shape.heads() * length;
    long hidden =
        switch (shape.mlp()) {
          case SWIGLU -> 10L * shape.mlpWidth();
          case SQUARED_RELU -> 4L * shape.mlpWidth();
        };
    long headNorms = shape.queryKeyNorm() ? 7 * (width + shape.keyValueWidth()) : 0;
    long layer = 18 * width + 6 * shape.keyValueWidth() + scores + hidden + headNorms;
    long once = 9 * width + 5L * shape.vocabularySize() + scores;
    return bytes(Math.multiplyExact(sequences, length), shape.layers() * layer + once);
  }

  /** The most that is there at one time. */
  public long peak() {
    return saved + logits + scratch;
  }

  private static long attention(GptConfiguration shape) {
    long headNorms =
        shape.queryKeyNorm()
            ? shape.width() + shape.heads() + shape.keyValueWidth() + shape.keyValueHeads()
            : 0;
    return 6L * shape.width() + shape.heads() + 1 + headNorms;
  }

  private static long mlp(GptConfiguration shape) {
    return 2L * shape.width() + 1 + hidden(shape);
  }

  private static long hidden(GptConfiguration shape) {
    return switch (shape.mlp()) {
      case SWIGLU -> 4L * shape.mlpWidth();
      case SQUARED_RELU -> 2L * shape.mlpWidth();
    };
  }

  /**
   * Per token: the running gradient, and the larger of what the last block's two parts take; the
   * attention comes when the memory of the feed-forward part is free again.
   */
  private static long scratch(GptConfiguration shape) {
    long width = shape.width();
    long normalization = 3 * width;
    long hidden =
        switch (shape.mlp()) {
          case SWIGLU -> Math.max(3L * shape.mlpWidth(), 2L * shape.mlpWidth() + width);
          case SQUARED_RELU -> shape.mlpWidth() + width;
        };
    long attention = 5 * width - (width + 1 + hidden(shape));
    return width + Math.max(attention, Math.max(hidden, normalization));
  }

  private static long bytes(long tokens, long numbersPerToken) {
    return Math.multiplyExact(Math.multiplyExact(tokens, numbersPerToken), (long) Float.BYTES);
  }
}
