package normuon.job.inference;

/**
 * How well a model predicts a text.
 *
 * @param loss mean cross-entropy over all predicted tokens, in nats per token
 * @param tokens predicted tokens
 * @param bytes the length of the predicted tokens' text in UTF-8; an end of text has none
 */
public record EvaluationResult(double loss, long tokens, long bytes) {

  /** e to the loss: among how many tokens the model is as unsure as if they were equally likely. */
  public double perplexity() {
    return Math.exp(loss);
  }

  /** The loss of all tokens in bits, for each byte of text: comparable between tokenizers. */
  public double bitsPerByte() {
    return loss * tokens / (Math.log(2) * bytes);
  }
}
