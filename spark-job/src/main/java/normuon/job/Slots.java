package normuon.job;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import normuon.job.config.InvalidConfigurationException;
import org.apache.spark.SparkContext;

/** The tasks that a Spark application can run at once; a barrier stage needs one for each rank. */
final class Slots {

  private static final String LONGEST_WAIT = "spark.scheduler.maxRegisteredResourcesWaitingTime";
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private Slots() {}

  /**
   * Requires a slot for each rank, and waits for executors that are still starting: a minute, or as
   * long as the user has Spark wait before its first task.
   *
   * @throws InvalidConfigurationException if there are fewer
   */
  static void require(SparkContext spark, int ranks) {
    long seconds = spark.isLocal() ? 0 : spark.conf().getTimeAsSeconds(LONGEST_WAIT, "60s");
    require(
        () -> spark.maxNumConcurrentTasks(spark.resourceProfileManager().defaultResourceProfile()),
        ranks,
        TimeUnit.SECONDS.toNanos(seconds),
        spark.master());
  }

  static void require(IntSupplier slots, int ranks, long longestWaitNanos, String master) {
    long start = System.nanoTime();
    int found = slots.getAsInt();
    while (found < ranks && System.nanoTime() - start < longestWaitNanos) {
      LockSupport.parkNanos(POLL_NANOS);
      found = slots.getAsInt();
    }
    if (found < ranks) {
      throw new InvalidConfigurationException(
          "Invalid train.ranks %d: Spark has %d task slots at %s, and every rank needs one; start with %s%s"
              .formatted(ranks, found, master, more(master, ranks), fewer(found)));
    }
  }

  private static String fewer(int found) {
    return found == 0 ? "" : ", or set train.ranks to at most " + found;
  }

  private static String more(String master, int ranks) {
    return master.startsWith("local")
        ? "--master 'local[" + ranks + "]'"
        : "more executors or more cores (spark.executor.instances, spark.executor.cores, spark.cores.max)";
  }
}
