package normuon.job.train;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import normuon.job.comm.RendezvousPlugin;
import normuon.job.config.RunConfiguration;
import normuon.job.report.StepRecord;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.SparkSession;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Trains the steps of a configuration on real ranks, to be timed: no checkpoint, no evaluation, and
 * nothing is kept.
 */
public final class StepTrial {

  private final SparkSession spark;
  private final RunConfiguration configuration;

  /** Creates the trial of a configuration; its run directory gets nothing but tokens. */
  public StepTrial(SparkSession spark, RunConfiguration configuration) {
    this.spark = spark;
    this.configuration = configuration;
  }

  /**
   * What was measured.
   *
   * @param steps every step, as rank 0 saw it
   * @param stateFloats numbers that the rules keep from step to step, over all ranks
   */
  public record Result(List<StepRecord> steps, long stateFloats) {}

  /** Trains {@code train.steps} steps. */
  public Result run() {
    RunTokens.prepare(spark, configuration);
    TrainingPlan plan =
        new TrainingPlan(
            UUID.randomUUID().toString(),
            configuration,
            configuration.runDirectory().toString(),
            "",
            configuration.tokens());
    JavaSparkContext context = new JavaSparkContext(spark.sparkContext());
    Broadcast<TrainingPlan> broadcast = context.broadcast(plan);
    try {
      return run(context, broadcast);
    } finally {
      broadcast.destroy();
    }
  }

  private Result run(JavaSparkContext context, Broadcast<TrainingPlan> plan) {
    int worldSize = configuration.train().ranks();
    Segment segment =
        new Segment(
            plan.value().runId(),
            worldSize,
            Progress.START,
            configuration.train().steps(),
            false,
            true);
    List<StepRecord> steps = new ArrayList<>();
    List<Integer> ranks = IntStream.range(0, worldSize).boxed().toList();
    ClassTag<Long> type = ClassTag$.MODULE$.apply(Long.class);
    RendezvousPlugin.Subscription following =
        RendezvousPlugin.subscribe(
            segment.attemptId(),
            message -> {
              if (message instanceof StepRecord step) {
                steps.add(step);
              }
            });
    try {
      RDD<Long> stage =
          context
              .parallelize(ranks, worldSize)
              .rdd()
              .barrier()
              .mapPartitions(new TrialTask(plan, segment), false, type);
      long floats = stage.toJavaRDD().collect().stream().mapToLong(Long::longValue).sum();
      return new Result(List.copyOf(steps), floats);
    } finally {
      following.close();
    }
  }
}
