package normuon.job.train;

import java.util.function.IntConsumer;
import normuon.job.config.InvalidConfigurationException;

/**
 * Looks at the cluster again before a run goes on otherwise than it was last seen to fit: on
 * another number of ranks, or after executors have come or gone.
 */
public final class ClusterCheck {

  private final IntConsumer check;
  private int ranks;
  private int changes;

  /**
   * Creates a check of a cluster that has been looked at.
   *
   * @param ranks how many were found to fit
   * @param check throws {@link InvalidConfigurationException} if that many ranks cannot train where
   *     Spark runs them now; the message says all that is wrong
   */
  public ClusterCheck(int ranks, IntConsumer check) {
    this.ranks = ranks;
    this.check = check;
  }

  /**
   * Requires that ranks can train where Spark runs them now.
   *
   * @param ranks the number of ranks
   * @param changes how often executors have come or gone
   * @throws InvalidConfigurationException if they cannot
   */
  void require(int ranks, int changes) {
    if (ranks != this.ranks || changes != this.changes) {
      check.accept(ranks);
      this.ranks = ranks;
      this.changes = changes;
    }
  }
}
