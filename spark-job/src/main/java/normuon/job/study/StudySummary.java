package normuon.job.study;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import normuon.job.config.RunConfiguration;
import normuon.job.report.Status;
import normuon.job.report.ValidationCurve;

/**
 * What came out of a study. A number that does not exist is null, and a reason stands beside it.
 *
 * @param settings what all runs have in common
 * @param seeds the seeds of the best learning rates; the first is that of the sweep
 * @param reference the rule that the target is taken from
 * @param target the mean final loss of the reference, in nats per token; null if it diverged
 * @param rules what came out for every rule
 */
public record StudySummary(
    Settings settings, List<Long> seeds, String reference, Double target, List<RuleSummary> rules) {

  /** The name of the file in the study's directory. */
  public static final String FILE_NAME = "study.json";

  private static final JsonMapper MAPPER =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  /**
   * What all runs have in common, as far as it matters to who reads the numbers.
   *
   * @param steps optimizer steps of every run
   * @param tokensPerStep tokens of a step
   * @param evaluatedEverySteps steps between evaluations; 0 for one at the end only
   * @param weightDecay of hidden matrices under NorMuon and Muon
   * @param adamwWeightDecay of what AdamW updates
   * @param schedule the course of the learning rates
   * @param warmupSteps steps of its warmup
   * @param finalFraction the last learning rate over the highest
   */
  public record Settings(
      int steps,
      long tokensPerStep,
      int evaluatedEverySteps,
      double weightDecay,
      double adamwWeightDecay,
      String schedule,
      int warmupSteps,
      double finalFraction) {

    static Settings of(RunConfiguration configuration) {
      var optimizer = configuration.optimizer();
      return new Settings(
          configuration.train().steps(),
          (long) configuration.train().sequencesPerStep() * configuration.model().context(),
          configuration.evaluate().everySteps(),
          optimizer.weightDecay(),
          optimizer.adamw().weightDecay(),
          optimizer.schedule().name().name().toLowerCase(Locale.ROOT),
          optimizer.schedule().warmupSteps(),
          optimizer.schedule().finalFraction());
    }
  }

  /**
   * What came out for a rule.
   *
   * @param name the rule
   * @param sweep its learning rates with the first seed
   * @param bestLearningRate the one with the lowest final loss; null if every one diverged
   * @param atEdge whether that is the lowest or the highest, so that the rule is not tuned
   * @param finalLoss the final validation loss with the best, over the seeds
   * @param stepsToTarget the steps to the target with the best, over the seeds
   * @param savings the steps saved against every other rule, by its name
   * @param seeds the runs with the best learning rate
   */
  public record RuleSummary(
      String name,
      List<SweepSummary> sweep,
      BigDecimal bestLearningRate,
      boolean atEdge,
      Spread finalLoss,
      Spread stepsToTarget,
      Map<String, Saving> savings,
      List<SeedSummary> seeds) {}

  /**
   * A run of the sweep.
   *
   * @param learningRate peak learning rate
   * @param status how it ended
   * @param finalLoss validation loss after the last step; null if it diverged
   */
  public record SweepSummary(BigDecimal learningRate, Status status, Double finalLoss) {}

  /**
   * A run with the best learning rate.
   *
   * @param seed its seed
   * @param status how it ended
   * @param finalLoss validation loss after the last step; null if it diverged
   * @param stepsToTarget the first step with the target's loss or less, in a straight line between
   *     evaluations; of the reference, all its steps; null if it never came there
   * @param curve its validation loss
   */
  public record SeedSummary(
      long seed, Status status, Double finalLoss, Double stepsToTarget, ValidationCurve curve) {}

  /**
   * A number that each seed has one of.
   *
   * @param mean their mean; null if a seed has none
   * @param lowest the lowest; null if a seed has none
   * @param highest the highest; null if a seed has none
   * @param reason why there is none; null if there is
   */
  public record Spread(
      Double mean,
      Double lowest,
      Double highest,
      @JsonInclude(JsonInclude.Include.NON_NULL) String reason) {

    static Spread of(List<Double> values) {
      DoubleSummaryStatistics statistics =
          values.stream().mapToDouble(Double::doubleValue).summaryStatistics();
      return new Spread(statistics.getAverage(), statistics.getMin(), statistics.getMax(), null);
    }

    static Spread missing(String reason) {
      return new Spread(null, null, null, reason);
    }

    boolean exists() {
      return mean != null;
    }
  }

  /**
   * The steps that a rule saves against another on the way to the target.
   *
   * @param savingPercent 100 (1 - steps / steps of the other), of the means; below 0 if it takes
   *     more; null if one of them never comes there
   * @param publishedPercent the figure that was published for the two; null if the study names none
   * @param reason why there is no saving; null if there is
   */
  public record Saving(
      Double savingPercent,
      @JsonInclude(JsonInclude.Include.NON_NULL) Double publishedPercent,
      @JsonInclude(JsonInclude.Include.NON_NULL) String reason) {}

  /** The summary as JSON, which ends with a line break. */
  public String toJson() {
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException("Cannot write the summary as JSON", unexpected);
    }
  }

  /** The rule of a name. */
  RuleSummary rule(String name) {
    return rules.stream().filter(rule -> rule.name().equals(name)).findFirst().orElseThrow();
  }
}
