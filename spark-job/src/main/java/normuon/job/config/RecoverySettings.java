package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code recovery}.
 *
 * @param attempts failures in a row, without a checkpoint in between, that end the run
 * @param backoffSeconds pause after the first of them, in seconds; doubles with each
 * @param slotWaitSeconds the longest wait for {@code train.ranks} slots after a failure, in seconds
 * @param minimumRanks ranks that the run may go on with after that wait; 0 for {@code train.ranks}
 * @param stopSeconds the longest that ranks may take to stop after a failure, in seconds, before
 *     their executors are replaced
 */
public record RecoverySettings(
    @Interval("[1, )") int attempts,
    @Interval("[0, 3600]") double backoffSeconds,
    @Interval("[0, 86400]") int slotWaitSeconds,
    @Interval("[0, )") int minimumRanks,
    @Interval("[1, 3600]") int stopSeconds)
    implements Serializable {

  /**
   * The fewest ranks that a run goes on with.
   *
   * @param ranks those it should have
   */
  public int fewestRanks(int ranks) {
    return minimumRanks == 0 ? ranks : minimumRanks;
  }
}
