package normuon.job;

import java.util.List;
import java.util.function.IntSupplier;
import normuon.job.config.RunConfiguration;
import normuon.job.plan.ClusterRates;
import normuon.job.plan.Layouts;
import normuon.job.plan.RunPlan;
import normuon.job.preflight.Preflight;
import normuon.job.preflight.PreflightException;
import normuon.job.preflight.PreflightResult;
import normuon.job.train.Placement;
import normuon.job.train.Slots;
import org.apache.spark.SparkContext;

/**
 * A run's plan and what a preflight of the cluster found.
 *
 * @param plan the plan
 * @param layouts what its ranks take on any number of them
 * @param result what was found
 */
record PreflightRun(RunPlan plan, Layouts layouts, PreflightResult result) {

  /**
   * Plans the run and looks at the cluster.
   *
   * @throws PreflightException if the run cannot begin
   */
  static PreflightRun of(SparkContext spark, RunConfiguration configuration) {
    int vocabularySize = VocabularySize.of(configuration).orElse(VocabularySize.ASSUMED);
    RunPlan plan =
        RunPlan.of(
            configuration,
            vocabularySize,
            spark.conf().getSizeAsBytes("spark.executor.memory", "1g"),
            ClusterRates.defaults(configuration.train().threadsPerRank()));
    IntSupplier slots = () -> Slots.require(spark, configuration);
    Layouts layouts = Layouts.of(configuration, vocabularySize);
    return new PreflightRun(plan, layouts, new Preflight(configuration, layouts).run(spark, slots));
  }

  /**
   * Looks at the cluster again, where executors may have taken the place of others.
   *
   * @param ranks for which Spark has slots now
   * @throws PreflightException if they cannot train there
   */
  void repeat(SparkContext spark, RunConfiguration configuration, int ranks) {
    new Preflight(configuration, layouts).run(spark, () -> ranks);
  }

  List<Placement> placements() {
    return result.placements();
  }

  List<String> warnings() {
    return result.warnings();
  }
}
