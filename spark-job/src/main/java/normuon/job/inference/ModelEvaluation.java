package normuon.job.inference;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.MixtureSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Measures a model as a Spark job with a task for each rank. The tasks do not talk to one another,
 * and Spark runs again those that fail. The same windows go through the model together whatever the
 * number of ranks, and the sums are exact, so that it does not change the result in any bit.
 */
public final class ModelEvaluation {

  private final SparkSession spark;
  private final RunConfiguration configuration;

  /**
   * Creates the evaluation.
   *
   * @param configuration says how many ranks there are, and what they compute on
   */
  public ModelEvaluation(SparkSession spark, RunConfiguration configuration) {
    this.spark = spark;
    this.configuration = configuration;
  }

  /**
   * Measures a model on all tokens for validation.
   *
   * @param context the number of tokens that a window predicts, at most the model's context
   * @param tokens folders of token shards, whose validation splits are taken together; less than
   *     one window at the end is left out
   * @throws InvalidConfigurationException if they fill no window
   * @throws RunStoppedException if it breaks off, or the loss is not finite
   */
  public EvaluationResult of(TrainedModel model, int context, List<MixtureSettings> tokens) {
    int ranks = configuration.train().ranks();
    EvaluationTask task =
        new EvaluationTask(
            model.folder().toString(),
            tokens,
            context,
            ranks,
            configuration.train().threadsPerRank(),
            configuration.placement().device());
    EvaluationSums sums = run(task, model);
    if (sums.tokens() == 0) {
      throw new InvalidConfigurationException(
          "Cannot evaluate %s on the validation split of %s: it is too short; must be at least %d tokens, one sequence of %d and the token after it"
              .formatted(model.folder(), EvaluationTokens.joined(tokens), context + 1, context));
    }
    if (sums.undefined() > 0) {
      throw new RunStoppedException(
          Status.DIVERGED,
          "Invalid loss of %s in %d batches: must be finite"
              .formatted(model.folder(), sums.undefined()));
    }
    return new EvaluationResult(sums.meanLoss(), sums.tokens(), sums.bytes());
  }

  private EvaluationSums run(EvaluationTask task, TrainedModel model) {
    List<Integer> ranks = IntStream.range(0, task.ranks()).boxed().toList();
    try {
      return new JavaSparkContext(spark.sparkContext())
          .parallelize(ranks, ranks.size()).map(task::run).collect().stream()
              .reduce(EvaluationSums.NONE, EvaluationSums::plus);
    } catch (Exception failure) {
      // Not only unchecked ones: Spark's Scala code throws checked exceptions without saying so.
      throw stopped(model, failure);
    }
  }

  private static RuntimeException stopped(TrainedModel model, Exception failure) {
    Causes causes = Causes.of(failure);
    Optional<InvalidConfigurationException> invalid =
        causes.first(InvalidConfigurationException.class);
    return invalid.isPresent()
        ? invalid.get()
        : new RunStoppedException(
            Status.RETRYABLE,
            "Cannot evaluate %s: %s"
                .formatted(
                    model.folder(), causes.innermost().toString().lines().findFirst().orElse("")),
            failure);
  }
}
