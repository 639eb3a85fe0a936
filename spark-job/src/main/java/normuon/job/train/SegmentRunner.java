package normuon.job.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import normuon.job.comm.RendezvousPlugin;
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

  private final SparkContext spark;
  private final Broadcast<TrainingPlan> plan;
  private final int worldSize;
  private List<String> locations = List.of();

  SegmentRunner(SparkContext spark, Broadcast<TrainingPlan> plan, int worldSize) {
    this.spark = spark;
    this.plan = plan;
    this.worldSize = worldSize;
  }

  /**
   * Runs a segment and waits for its end.
   *
   * @param segment what to run
   * @param records gets what rank 0 reports while the segment runs
   * @return one result per rank, in rank order
   * @throws RunStoppedException if Spark is being stopped, by a signal say
   */
  List<SegmentResult> run(Segment segment, Consumer<Object> records) {
    ClassTag<SegmentResult> type = ClassTag$.MODULE$.apply(SegmentResult.class);
    RendezvousPlugin.Subscription following =
        RendezvousPlugin.subscribe(segment.attemptId(), records);
    try {
      RDD<SegmentResult> stage =
          ranks().barrier().mapPartitions(new RankTask(plan, segment), false, type);
      List<SegmentResult> results = new ArrayList<>(stage.toJavaRDD().collect());
      results.sort(Comparator.comparingInt(SegmentResult::rank));
      locations = results.stream().map(SegmentResult::location).toList();
      return results;
    } catch (Exception failure) {
      if (spark.isStopped()) {
        throw new RunStoppedException(
            Status.RETRYABLE,
            "Cannot finish the steps after %d: Spark was stopped".formatted(segment.from().step()),
            failure);
      }
      throw failure;
    } finally {
      following.close();
    }
  }

  /** One partition per rank, preferably where the rank's state stayed after the last segment. */
  private RDD<Integer> ranks() {
    List<Tuple2<Integer, Seq<String>>> ranks = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      List<String> preferred = locations.isEmpty() ? List.of() : List.of(locations.get(rank));
      ranks.add(new Tuple2<>(rank, CollectionConverters.asScala(preferred).toList()));
    }
    ClassTag<Integer> type = ClassTag$.MODULE$.apply(Integer.class);
    return spark.makeRDD(CollectionConverters.asScala(ranks).toList(), type);
  }
}
