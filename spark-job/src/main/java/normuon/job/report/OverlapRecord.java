package normuon.job.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;

/**
 * What became of the communication of one training step that runs beside the passes, where ranks
 * hold rows of the weights: all in milliseconds, on the first rank. Exposed is what the passes
 * waited for, and part of the step's backward or reduce time; hidden is what ran meanwhile.
 *
 * @param gatherExposedMs waits for gathered weights
 * @param gatherHiddenMs the rest of the time from when rows of weights set out to when the whole
 *     was there
 * @param reduceExposedMs waits for gradients to be reduced
 * @param reduceHiddenMs the rest of the time that reducing took
 */
@JsonNaming(SnakeCaseStrategy.class)
public record OverlapRecord(
    double gatherExposedMs, double gatherHiddenMs, double reduceExposedMs, double reduceHiddenMs)
    implements Serializable {

  /** The share of the communication that was hidden; 1 if there was none. */
  public double hiddenShare() {
    double hidden = gatherHiddenMs + reduceHiddenMs;
    double all = hidden + gatherExposedMs + reduceExposedMs;
    return all == 0 ? 1 : hidden / all;
  }
}
