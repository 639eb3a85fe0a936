package normuon.model;

/**
 * The sums behind {@link ActivationMemory}, all in bytes: of a token, unless they say otherwise.
 */
final class PassMemory {

  private static final long WIDE = Float.BYTES;

  /** Rows of a gradient that {@code operators.py} computes at once where formats differ. */
  private static final long GRADIENT_ROWS = 4096;

  private final GptConfiguration shape;
  private final ActivationCheckpointing checkpointing;
  private final boolean mixed;
  private final long tokens;
  private final long chunk;
  private final long narrow;
  private final long width;
  private final long queryWidth;
  private final long hidden;

  PassMemory(GptConfiguration shape, ComputeOptions options, long tokens) {
    this.shape = shape;
    this.checkpointing = options.checkpointing();
    this.mixed = options.precision() == ComputePrecision.BF16;
    this.tokens = tokens;
    this.chunk = Math.min(tokens, options.lossChunk(shape.vocabularySize()));
    this.narrow = mixed ? Short.BYTES : Float.BYTES;
    this.width = shape.width();
    this.queryWidth = shape.queryWidth();
    this.hidden = shape.mlpWidth();
  }

  /** Of so many micro-batches of these tokens. */
  ActivationMemory activations(long microBatches) {
    long output = WIDE * width;
    return switch (checkpointing) {
      case NONE -> {
        long gradientsOfOthers = Math.multiplyExact(microBatches - 1, all(output));
        yield new ActivationMemory(
            all(microBatches, output + shape.layers() * (attention() + mlp())),
            gradientsOfOthers + loss(),
            gradientsOfOthers + all(output) + backward(mlp()));
      }
      case BLOCKS ->
          new ActivationMemory(
              all(microBatches, (shape.layers() + 1) * output),
              loss(),
              all(attention() + mlp() - output) + backward(mlp() - output));
    };
  }

  long sampling(long microBatches) {
    long logits = Math.multiplyExact(chunk * shape.vocabularySize(), 2L * Double.BYTES + narrow);
    return all(microBatches, WIDE * width) + all(narrow * width) + logits;
  }

  private long attention() {
    long headNorms =
        shape.queryKeyNorm()
            ? WIDE * (shape.heads() + shape.keyValueHeads())
                + narrow * (queryWidth + shape.keyValueWidth())
            : 0;
    return WIDE * (width + shape.heads() + 1) + narrow * (width + 4 * queryWidth) + headNorms;
  }

  private long mlp() {
    long arrays =
        switch (shape.mlp()) {
          case SWIGLU -> 4;
          case SQUARED_RELU -> 2;
        };
    return WIDE * (width + 1) + narrow * (width + arrays * hidden);
  }

  /** Of all tokens: the normalized output and its gradient; then logits, or its normalization. */
  private long loss() {
    long softmax = Math.multiplyExact(chunk * shape.vocabularySize(), 2 * WIDE);
    long gradient =
        chunk * shape.vocabularySize() * narrow + gradientOfWeight(shape.vocabularySize());
    return Math.max(all(2 * narrow * width) + Math.max(softmax, gradient), all(normalization()));
  }

  /**
   * Of all tokens: the larger of what the last block's two parts take.
   *
   * @param freed what the feed-forward part had kept, which is free when attention comes
   */
  private long backward(long freed) {
    long attention = WIDE * (mixed ? 8 : 5) * queryWidth - freed;
    long feedForward =
        switch (shape.mlp()) {
          case SWIGLU -> narrow * Math.max(3 * hidden, 2 * hidden + width);
          case SQUARED_RELU -> narrow * (hidden + width);
        };
    long products =
        switch (shape.mlp()) {
          case SWIGLU -> narrow * 2 * hidden;
          case SQUARED_RELU -> narrow * hidden;
        };
    return Math.max(
        all(Math.max(attention, Math.max(feedForward, normalization()))),
        all(products) + gradientOfWeight(hidden));
  }

  /** The gradient of its input, and two arrays to make it from. */
  private long normalization() {
    return 3 * WIDE * width;
  }

  /** Of a whole matrix: a narrow product, and the wide copy of it that is added to the sum. */
  private long gradientOfWeight(long rows) {
    return mixed ? Math.min(rows, GRADIENT_ROWS) * width * (narrow + WIDE) : 0;
  }

  private long all(long bytesOfToken) {
    return all(1, bytesOfToken);
  }

  private long all(long microBatches, long bytesOfToken) {
    return Math.multiplyExact(microBatches, Math.multiplyExact(tokens, bytesOfToken));
  }
}
