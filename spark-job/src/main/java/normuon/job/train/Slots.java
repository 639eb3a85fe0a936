package normuon.job.train;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;
import org.apache.spark.SparkContext;

/** The tasks that a Spark application can run at once; a barrier stage needs one for each rank. */
public final class Slots {

  private static final String LONGEST_WAIT = "spark.scheduler.maxRegisteredResourcesWaitingTime";
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final IntSupplier count;

  Slots(IntSupplier count) {
    this.count = count;
  }

  /**
   * The slots of an application.
   *
   * @param spark its context; once that is stopped, all methods throw {@link RunStoppedException}
   */
  static Slots of(SparkContext spark) {
    return new Slots(
        () -> {
          if (spark.isStopped()) {
            throw new RunStoppedException(
                Status.RETRYABLE, "Cannot finish the steps that are left: Spark was stopped");
          }
          return spark.maxNumConcurrentTasks(
              spark.resourceProfileManager().defaultResourceProfile());
        });
  }

  /**
   * Requires a slot for each rank, or for as many as the run may go on with, and waits for
   * executors that are still starting: a minute, or as long as the user has Spark wait before its
   * first task.
   *
   * @return how many ranks can begin: whole groups, where groups of them hold all weights
   * @throws InvalidConfigurationException if there are fewer
   */
  public static int require(SparkContext spark, RunConfiguration configuration) {
    long seconds = spark.isLocal() ? 0 : spark.conf().getTimeAsSeconds(LONGEST_WAIT, "60s");
    return of(spark)
        .require(RankRange.of(configuration), Duration.ofSeconds(seconds), spark.master());
  }

  int require(RankRange ranks, Duration longest, String master) {
    int wanted = ranks.wanted();
    int found = await(wanted, longest);
    int usable = ranks.usable(found);
    if (usable < ranks.fewest()) {
      throw new InvalidConfigurationException(
          "Invalid train.ranks %d: Spark has %d task slots at %s, and every rank needs one%s; start with %s%s"
              .formatted(
                  wanted, found, master, groups(ranks), more(master, wanted), fewer(usable)));
    }
    return usable;
  }

  /** The slots that are there now. */
  int now() {
    return count.getAsInt();
  }

  /** Waits for slots; returns how many are there in the end, which may be fewer. */
  int await(int wanted, Duration longest) {
    long start = System.nanoTime();
    int found = now();
    while (found < wanted && System.nanoTime() - start < longest.toNanos()) {
      LockSupport.parkNanos(POLL_NANOS);
      found = now();
    }
    return found;
  }

  private static String groups(RankRange ranks) {
    return ranks.unit() == 1 ? "" : ", in whole groups of weights.shard_group " + ranks.unit();
  }

  private static String fewer(int usable) {
    return usable == 0 ? "" : ", or set train.ranks to at most " + usable;
  }

  private static String more(String master, int ranks) {
    return master.startsWith("local")
        ? "--master 'local[" + ranks + "]'"
        : "more executors or more cores (spark.executor.instances, spark.executor.cores, spark.cores.max)";
  }
}
