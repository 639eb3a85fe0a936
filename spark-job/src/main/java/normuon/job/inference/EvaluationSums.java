package normuon.job.inference;

import java.io.Serializable;

/**
 * What some predictions add up to. The loss is counted in whole 2^-20 nats, so that sums are exact:
 * whoever adds them, and in whichever order, gets the same. It travels from tasks to the driver.
 *
 * @param loss in 2^-20 nats
 * @param tokens predicted tokens
 * @param bytes the length of their text in UTF-8
 * @param undefined batches whose loss is infinite or not a number; they are not in {@code loss}
 */
public record EvaluationSums(long loss, long tokens, long bytes, long undefined)
    implements Serializable {

  static final EvaluationSums NONE = new EvaluationSums(0, 0, 0, 0);

  private static final double UNIT = 1 << 20;

  /**
   * The sums of one batch.
   *
   * @param meanLoss in nats per token
   */
  public static EvaluationSums of(double meanLoss, long tokens, long bytes) {
    return Double.isFinite(meanLoss)
        ? new EvaluationSums(Math.round(meanLoss * tokens * UNIT), tokens, bytes, 0)
        : new EvaluationSums(0, tokens, bytes, 1);
  }

  EvaluationSums plus(EvaluationSums other) {
    return new EvaluationSums(
        Math.addExact(loss, other.loss),
        tokens + other.tokens,
        bytes + other.bytes,
        undefined + other.undefined);
  }

  /** The mean loss in nats per token. */
  double meanLoss() {
    return loss / UNIT / tokens;
  }
}
