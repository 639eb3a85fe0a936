package normuon.job.train;

import java.util.List;
import java.util.UUID;
import normuon.job.config.MixtureSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;

/** Measures models on validation sets, without training. */
public final class CheckpointEvaluation {

  private final SparkSession spark;
  private final RunConfiguration configuration;

  /**
   * Creates the evaluation.
   *
   * @param configuration the settings of the models, with {@code initialization.state} weights; its
   *     run directory gets nothing
   */
  public CheckpointEvaluation(SparkSession spark, RunConfiguration configuration) {
    this.spark = spark;
    this.configuration = configuration;
  }

  /**
   * What was measured.
   *
   * @param loss mean over all predicted tokens, in nats per token
   * @param tokens predicted tokens
   */
  public record Result(double loss, long tokens) {}

  /**
   * Evaluates the weights of a checkpoint.
   *
   * @param checkpoint its folder, fully qualified
   * @param tokensDirectories prepared tokens whose validation splits are taken together
   * @throws RunStoppedException if it breaks off
   */
  public Result of(String checkpoint, List<String> tokensDirectories) {
    TrainingPlan plan =
        new TrainingPlan(
            UUID.randomUUID().toString(),
            configuration,
            configuration.runDirectory().toString(),
            checkpoint,
            tokensDirectories.stream()
                .map(directory -> new MixtureSettings(directory, 1))
                .toList());
    Broadcast<TrainingPlan> broadcast = new JavaSparkContext(spark.sparkContext()).broadcast(plan);
    try (ExecutorWatch executors = ExecutorWatch.of(spark.sparkContext())) {
      SegmentRunner runner =
          new SegmentRunner(spark.sparkContext(), broadcast, configuration, executors);
      Segment segment =
          new Segment(plan.runId(), configuration.train().ranks(), Progress.START, 0, true, true);
      SegmentResult result = runner.run(segment, message -> {}).get(0);
      return new Result(result.validationLoss(), result.validationTokens());
    } catch (AttemptFailedException failure) {
      throw new RunStoppedException(
          Status.RETRYABLE,
          "Cannot evaluate %s: %s".formatted(checkpoint, failure.getMessage()),
          failure);
    } finally {
      broadcast.destroy();
    }
  }
}
