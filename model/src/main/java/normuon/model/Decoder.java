package normuon.model;

/** Says what a model predicts after a sequence of tokens, which usually grows by one each time. */
interface Decoder extends AutoCloseable {

  /**
   * The logits of the next token.
   *
   * @param tokens holds the sequence
   * @param start where it begins
   * @param end where it ends; at least one token and at most the context after {@code start}
   * @return a number for each token of the vocabulary
   */
  float[] logits(int[] tokens, int start, int end);

  @Override
  void close();
}
