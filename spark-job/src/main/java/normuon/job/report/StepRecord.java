package normuon.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;

/**
 * What one training step did: a line of {@code metrics.jsonl}.
 *
 * @param step the step, from 1
 * @param loss mean training loss of the step's tokens, in nats per token; NaN if the step was
 *     refused
 * @param learningRate learning rate of the hidden matrices
 * @param tokens tokens trained on since the run began
 * @param gradNorm global norm of the raw gradient; NaN if the step was refused
 * @param stepMs time of the whole step, in milliseconds, as the phases that follow
 * @param dataMs time to make the micro-batches
 * @param backwardMs time of forward and backward
 * @param reduceMs time to reduce and scatter the gradients, with their global norm
 * @param collectMs time to bring momentum rows to the owners
 * @param orthogonalizeMs time to orthogonalize and normalize
 * @param broadcastMs time to send the updates to every rank
 * @param applyMs time to apply them
 * @param controlMs time between the step before and this one, for reports and checks; 0 for the
 *     first of a segment
 * @param tokensPerSecond tokens of the step per second, over all ranks
 * @param newtonSchulzCalls matrices orthogonalized since the run began, over all ranks
 * @param refusedSteps steps since the run began that changed nothing, as their gradient was not
 *     finite
 * @param overlap what became of communication beside the passes; null, and left out, where ranks
 *     hold all weights
 * @param curvature what Sophia did; null, and left out, where no parameter has that rule
 */
@JsonNaming(SnakeCaseStrategy.class)
public record StepRecord(
    int step,
    double loss,
    double learningRate,
    long tokens,
    double gradNorm,
    double stepMs,
    double dataMs,
    double backwardMs,
    double reduceMs,
    double collectMs,
    double orthogonalizeMs,
    double broadcastMs,
    double applyMs,
    double controlMs,
    double tokensPerSecond,
    long newtonSchulzCalls,
    long refusedSteps,
    @JsonInclude(JsonInclude.Include.NON_NULL) OverlapRecord overlap,
    @JsonInclude(JsonInclude.Include.NON_NULL) CurvatureRecord curvature)
    implements Serializable {

  /** Whether this step changed nothing, as its gradient was not finite. */
  boolean wasRefused() {
    return Double.isNaN(gradNorm);
  }
}
