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
   * @return how many ranks can begin
   * @throws InvalidConfigurationException if there are fewer
   */
  public static int require(SparkContext spark, RunConfiguration configuration) {
    int ranks = configuration.train().ranks();
    long seconds = spark.isLocal() ? 0 : spark.conf().getTimeAsSeconds(LONGEST_WAIT, "60s");
    return of(spark)
        .require(
            ranks,
            configuration.recovery().fewestRanks(ranks),
            Duration.ofSeconds(seconds),
            spark.master());
  }

  int require(int ranks, int fewest, Duration longest, String master) {
    int found = await(ranks, longest);
    if (found < fewest) {
      throw new InvalidConfigurationException(
          "Invalid train.ranks %d: Spark has %d task slots at %s, and every rank needs one; start with %s%s"
              .formatted(ranks, found, master, more(master, ranks), fewer(found)));
    }
    return Math.min(ranks, found);
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

  private static String fewer(int found) {
    return found == 0 ? "" : ", or set train.ranks to at most " + found;
  }

  private static String more(String master, int ranks) {
    return master.startsWith("local")
        ? "--master 'local[" + ranks + "]'"
        : "more executors or more cores (spark.executor.instances, spark.executor.cores, spark.cores.max)";
  }
}
