package normuon.model;

/**
 * The native memory of one forward and backward pass, beside weights, their copies and gradients,
 * in bytes. It follows from what each operator in {@code operators.py} keeps and makes, and from
 * when {@link Gpt} frees it. With N = sequences · length tokens, D = width, H heads, K key-value
 * heads, d = head width, F = MLP width, V = vocabulary, numbers of w bytes in float32 and of n
 * bytes in the format of matrix products, the passes keep:
 *
 * <pre>
 *   embedding         w N D
 *   attention         w N (D + H + 1) + n N (D + 4 H d)  output, factor of the normalization, log-sum-exp;
 *                                                 normalized input, queries, keys and values as the
 *                                                 heads see them, their mix
 *     with QK-norm    w N (H + K) + n N (H d + K d)
 *   SwiGLU            w N (D + 1) + n N (D + 4 F) output, factor; normalized input, four hidden
 *   squared ReLU      w N (D + 1) + n N (D + 2 F) the same with two hidden
 * </pre>
 *
 * With checkpointing they keep w N D of every block and of the last one's output, and the rest of
 * one block at a time. The loss has its logits and their softmax, 2 w V, of one chunk of tokens.
 *
 * @param saved what the forward pass keeps for the backward pass
 * @param loss what the loss and its gradient need beyond this, at another time than the blocks
 * @param backward what the blocks' backward pass needs beyond it at its peak, which is in the last
 *     block: later it frees more than it takes
 */
public record ActivationMemory(long saved, long loss, long backward) {

  /**
   * The memory of a micro-batch.
   *
   * @param shape the model's shape
   * @param options how it computes
   * @param sequences sequences that go through the model together
   * @param length tokens of a sequence
   */
  public static ActivationMemory of(
      GptConfiguration shape, ComputeOptions options, long sequences, long length) {
    return of(shape, options, sequences, length, 1);
  }

  /**
   * The memory of micro-batches that go through the model breadth-first ({@link
   * StagedGpt#accumulate}): what is kept is there for all of them, and where the last block's
   * output is kept, so are the gradients of it; all else is that of one at a time. Beside it is
   * what was borrowed; rounded to bfloat16, the matrices of the stage under way are there once
   * more.
   *
   * @param shape the model's shape
   * @param options how it computes
   * @param sequences sequences of a micro-batch
   * @param length tokens of a sequence
   * @param microBatches how many go through the model together, at least 1
   */
  public static ActivationMemory of(
      GptConfiguration shape,
      ComputeOptions options,
      long sequences,
      long length,
      long microBatches) {
    return new PassMemory(shape, options, Math.multiplyExact(sequences, length))
        .activations(microBatches);
  }

  /**
   * The memory of {@link Gpt#sampleTargets} at its peak, in bytes: the last block's output and its
   * normalized form, and for one chunk of C tokens of the softmax and its running sum in float64
   * two at a time, 16 C V, beside the logits.
   *
   * @param shape the model's shape
   * @param options how it computes
   * @param sequences sequences that go through the model together
   * @param length tokens of a sequence
   */
  public static long sampling(
      GptConfiguration shape, ComputeOptions options, long sequences, long length) {
    return sampling(shape, options, sequences, length, 1);
  }

  /**
   * The same for micro-batches that go through the model breadth-first: the last block's outputs
   * are there for all of them.
   *
   * @param shape the model's shape
   * @param options how it computes
   * @param sequences sequences of a micro-batch
   * @param length tokens of a sequence
   * @param microBatches how many go through the model together, at least 1
   */
  public static long sampling(
      GptConfiguration shape,
      ComputeOptions options,
      long sequences,
      long length,
      long microBatches) {
    return new PassMemory(shape, options, Math.multiplyExact(sequences, length))
        .sampling(microBatches);
  }

  /**
   * The memory of {@link Gpt#accumulateHessianProduct} at its peak, in bytes and beside the
   * directions. Autograd decides what it keeps for the second backward pass, so the numbers per
   * token are fitted to measured peaks, which they meet to 10%: 15 D + 7 H d + 2 K d + 4 H T in
   * every layer, of which the last are the attention scores over a length of T; 10 F with SwiGLU, 4
   * F with squared ReLU; 5 (H d + K d) with QK-norm; and once 9 D + 5 V + 4 H T.
   *
   * @param shape the model's shape
   * @param sequences sequences that go through the model together
   * @param length tokens of a sequence
   */
  public static long hessianProduct(GptConfiguration shape, long sequences, long length) {
    long width = shape.width();
    long queries = shape.queryWidth();
    long keys = shape.keyValueWidth();
    long scores = 4L * shape.heads() * length;
    long hidden =
        switch (shape.mlp()) {
          case SWIGLU -> 10L * shape.mlpWidth();
          case SQUARED_RELU -> 4L * shape.mlpWidth();
        };
    long headNorms = shape.queryKeyNorm() ? 5 * (queries + keys) : 0;
    long layer = 15 * width + 7 * queries + 2 * keys + scores + hidden + headNorms;
    long once = 9 * width + 5L * shape.vocabularySize() + scores;
    long numbers = Math.multiplyExact(sequences * length, shape.layers() * layer + once);
    return Math.multiplyExact(numbers, (long) Float.BYTES);
  }

  /** The most that is there at one time. */
  public long peak() {
    return saved + Math.max(loss, backward);
  }
}
