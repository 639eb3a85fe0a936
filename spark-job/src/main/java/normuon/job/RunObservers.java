package normuon.job;

import java.util.List;
import normuon.job.config.RunConfiguration;
import normuon.job.metrics.EventReporter;
import normuon.job.metrics.MetricsPlugin;
import normuon.job.report.ObservedReport;
import normuon.job.report.RunReport;
import normuon.job.report.RunReporter;
import normuon.job.ui.TrainingTab;
import org.apache.spark.SparkContext;

/** Who watches a run besides its own report: Spark's instruments. */
final class RunObservers {

  private RunObservers() {}

  /** The reporter that tells a run's report and the observers. */
  static RunReporter around(RunReport report, SparkContext spark, RunExecution.Run run) {
    RunConfiguration configuration = run.configuration();
    return new ObservedReport(
        report,
        List.of(
            MetricsPlugin.driverGauges(),
            new EventReporter(spark, configuration.report().eventEverySteps()),
            new TrainingTab(spark, configuration, run.directory())));
  }
}
