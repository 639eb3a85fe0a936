package normuon.job.train;

import java.time.Duration;
import java.util.List;
import org.apache.spark.SparkContext;

/**
 * Sees that no rank of an attempt that has failed runs any more: the slots must be free for the
 * next attempt, and nobody else may write its checkpoint.
 */
final class Survivors {

  /**
   * A worker waits 10 s before it kills an executor that does not end by itself, as one does that
   * is frozen.
   */
  private static final Duration UNTIL_KILLED = Duration.ofSeconds(20);

  private final SparkContext spark;
  private final Duration patience;
  private final Duration deadline;

  /**
   * Creates the survivors of an application's attempts.
   *
   * @param patience the longest that ranks may take to stop by themselves
   * @param deadline the longest that a rank waits for another
   */
  Survivors(SparkContext spark, Duration patience, Duration deadline) {
    this.spark = spark;
    this.patience = patience;
    this.deadline = deadline;
  }

  /**
   * Waits until all ranks have stopped, and has the executors replaced of those that do not.
   *
   * @return the ranks that did not stop by themselves
   */
  List<RankPlace> stop(RankWatch watch) {
    if (watch.awaitEnd(patience)) {
      return List.of();
    }
    List<RankPlace> stuck = watch.running();
    if (spark.isLocal()) {
      // A thread cannot be killed; it ends when it waits for a peer in vain.
      watch.awaitEnd(deadline);
    } else {
      stuck.forEach(place -> spark.killAndReplaceExecutor(place.executorId()));
      watch.awaitEnd(UNTIL_KILLED);
    }
    return stuck;
  }
}
