package normuon.job.train;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import normuon.job.comm.RendezvousPlugin;
import normuon.job.config.RunConfiguration;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;
import org.apache.spark.SparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** Runs segments as barrier stages of one task per rank. */
final class SegmentRunner {

  private static final ScheduledExecutorService GUARD =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "segment-guard");
            thread.setDaemon(true);
            return thread;
          });

  private final SparkContext spark;
  private final Duration deadline;
  private final Broadcast<TrainingPlan> plan;
  private final Survivors survivors;
  private final ExecutorWatch executors;

  /** Where the state of ranks stayed after the last segment. */
  private List<RankPlace> residents = List.of();

  SegmentRunner(
      SparkContext spark,
      Broadcast<TrainingPlan> plan,
      RunConfiguration configuration,
      ExecutorWatch executors) {
    this.spark = spark;
    this.plan = plan;
    this.executors = executors;
    this.deadline = Duration.ofSeconds(configuration.communication().deadlineSeconds());
    this.survivors =
        new Survivors(spark, Duration.ofSeconds(configuration.recovery().stopSeconds()), deadline);
  }

  /**
   * Runs a segment and waits for its end.
   *
   * @param segment what to run
   * @param records gets what rank 0 reports while the segment runs
   * @return one result per rank, in rank order
   * @throws AttemptFailedException if a rank fails; no rank runs any more then
   * @throws RunStoppedException if Spark is being stopped, by a signal say
   */
  List<SegmentResult> run(Segment segment, Consumer<Object> records) {
    RankWatch watch = new RankWatch(segment.attemptId());
    AttemptRecords told = new AttemptRecords(records);
    RendezvousPlugin.Subscription following = RendezvousPlugin.subscribe(segment.attemptId(), told);
    spark.addSparkListener(watch);
    Future<?> guard =
        GUARD.scheduleWithFixedDelay(() -> replaceOverdue(segment, watch), 1, 1, TimeUnit.SECONDS);
    try {
      return collect(segment);
    } catch (Exception failure) {
      // Not only unchecked ones: Spark's Scala code throws checked exceptions without saying so.
      RuntimeException diagnosis = diagnosis(segment, watch, told, failure);
      residents = List.of();
      throw diagnosis;
    } finally {
      guard.cancel(false);
      spark.removeSparkListener(watch);
      following.close();
      told.close();
    }
  }

  /** At the end of the run the first rank generates text, which may take longer. */
  private void replaceOverdue(Segment segment, RankWatch watch) {
    if (!spark.isLocal() && !spark.isStopped()) {
      watch.overdue(deadline).stream()
          .filter(place -> !segment.last() || place.rank() > 0)
          .forEach(place -> spark.killAndReplaceExecutor(place.executorId()));
    }
  }

  private List<SegmentResult> collect(Segment segment) {
    ClassTag<SegmentResult> type = ClassTag$.MODULE$.apply(SegmentResult.class);
    RDD<SegmentResult> stage =
        partitions(segment.ranks())
            .barrier()
            .mapPartitions(new RankTask(plan, segment), false, type);
    spark.setLocalProperty(RankWatch.ATTEMPT, segment.attemptId());
    // When a rank fails, the others are woken from whatever they wait for.
    spark.setInterruptOnCancel(true);
    List<SegmentResult> results = new ArrayList<>(stage.toJavaRDD().collect());
    results.sort(Comparator.comparingInt(result -> result.place().rank()));
    residents = results.stream().map(SegmentResult::place).toList();
    return results;
  }

  private RuntimeException diagnosis(
      Segment segment, RankWatch watch, AttemptRecords told, Exception failure) {
    if (!spark.isStopped()) {
      List<RankPlace> stuck = survivors.stop(watch);
      if (!spark.isStopped()) {
        AttemptFailure what = new AttemptFailure(told.failures(), lost(watch, told), stuck);
        return new AttemptFailedException(
            what.describe(
                executor -> ExecutorLog.of(spark, executor),
                failure.toString().lines().findFirst().orElseThrow()),
            failure);
      }
    }
    return new RunStoppedException(
        Status.RETRYABLE,
        "Cannot finish the steps after %d: Spark was stopped".formatted(segment.from().step()),
        failure);
  }

  /** Ranks lost while they ran; where a shard is missing, those lost since the segment before. */
  private List<LostRank> lost(RankWatch watch, AttemptRecords told) {
    boolean restoring =
        told.failures().stream().anyMatch(failure -> failure.phase().equals(Activity.RESTORE));
    return watch.lost().isEmpty() && restoring ? executors.lost(residents) : watch.lost();
  }

  /** One partition per rank, preferably where the rank's state stayed after the last segment. */
  private RDD<Integer> partitions(int worldSize) {
    List<Tuple2<Integer, Seq<String>>> ranks = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      List<String> preferred =
          residents.size() == worldSize ? List.of(residents.get(rank).taskLocation()) : List.of();
      ranks.add(new Tuple2<>(rank, CollectionConverters.asScala(preferred).toList()));
    }
    ClassTag<Integer> type = ClassTag$.MODULE$.apply(Integer.class);
    return spark.makeRDD(CollectionConverters.asScala(ranks).toList(), type);
  }
}
