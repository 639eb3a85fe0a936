package normuon.job.train;

import normuon.job.config.InvalidConfigurationException;

/** Looks at the executors that are there after others have gone, before a run goes on with them. */
@FunctionalInterface
public interface ClusterCheck {

  /**
   * Checks that ranks can train where Spark runs them now.
   *
   * @param ranks the number of ranks
   * @throws InvalidConfigurationException if they cannot; the message says all that is wrong
   */
  void require(int ranks);
}
