package normuon.job.train;

import java.io.Serializable;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockManagerId;

/**
 * Where the driver has Spark run a rank.
 *
 * @param rank the rank
 * @param executorId Spark's number of the executor
 * @param host the executor's host
 */
record RankPlace(int rank, String executorId, String host) implements Serializable {

  /** The place of a rank whose task this process runs. */
  static RankPlace here(int rank) {
    BlockManagerId here = SparkEnv.get().blockManager().blockManagerId();
    return new RankPlace(rank, here.executorId(), here.host());
  }

  /** As Spark names task locations. */
  String taskLocation() {
    return "executor_" + host + "_" + executorId;
  }

  @Override
  public String toString() {
    return "rank %d on %s (executor %s)".formatted(rank, host, executorId);
  }
}
