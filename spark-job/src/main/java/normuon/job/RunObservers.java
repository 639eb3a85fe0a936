package normuon.job;

import java.time.Duration;
import java.util.List;
import normuon.job.charts.ReportFile;
import normuon.job.config.RunConfiguration;
import normuon.job.metrics.EventReporter;
import normuon.job.metrics.MetricsPlugin;
import normuon.job.report.ObservedReport;
import normuon.job.report.RunReport;
import normuon.job.report.RunReporter;
import normuon.job.ui.TrainingTab;
import org.apache.spark.SparkContext;

/** Who watches a run besides its own report: Spark's instruments, and the page for people. */
final class RunObservers {

  private static final Duration LONGEST_END = Duration.ofSeconds(10);

  private RunObservers() {}

  /** The reporter that tells a run's report and the observers. */
  static RunReporter around(RunReport report, SparkContext spark, RunExecution.Run run) {
    RunConfiguration configuration = run.configuration();
    return new ObservedReport(
        report,
        List.of(
            MetricsPlugin.driverGauges(),
            new EventReporter(spark, configuration.report().eventEverySteps()),
            new TrainingTab(spark, configuration, run.directory()),
            new ReportFile(
                run.directory(),
                Duration.ofSeconds(configuration.report().htmlEverySeconds()),
                LONGEST_END,
                run.lease()::isHeld)));
  }
}
