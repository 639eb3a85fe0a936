package normuon.job.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;

/**
 * An evaluation on the whole validation split: a line of {@code metrics.jsonl}.
 *
 * @param step the step after which the weights were evaluated
 * @param validationLoss mean loss, in nats per token
 * @param validationTokens tokens that were predicted
 */
@JsonNaming(SnakeCaseStrategy.class)
public record EvaluationRecord(int step, double validationLoss, long validationTokens)
    implements Serializable {

  /** The exponential of the loss: how many equally likely tokens would be as hard to predict. */
  public double perplexity() {
    return Math.exp(validationLoss);
  }
}
