package normuon.job;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import normuon.job.charts.ReportFile;
import normuon.job.config.Location;
import normuon.job.config.RunConfiguration;
import normuon.job.metrics.EventReporter;
import normuon.job.metrics.MetricsPlugin;
import normuon.job.report.ObservedReport;
import normuon.job.report.RunReport;
import normuon.job.report.RunReporter;
import normuon.job.track.BackgroundObserver;
import normuon.job.track.MlflowTracker;
import normuon.job.track.TensorBoardTracker;
import normuon.job.ui.TrainingTab;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;

/** Who watches a run besides its own report: Spark's instruments, the page, and trackers. */
final class RunObservers {

  private static final Duration LONGEST_END = Duration.ofSeconds(10);

  private RunObservers() {}

  /** The reporter that tells a run's report and the observers. */
  static RunReporter around(RunReport report, SparkContext spark, RunExecution.Run run) {
    RunConfiguration configuration = run.configuration();
    List<RunReporter> observers = new ArrayList<>();
    observers.add(MetricsPlugin.driverGauges());
    observers.add(new EventReporter(spark, configuration.report().eventEverySteps()));
    observers.add(new TrainingTab(spark, configuration, run.directory()));
    observers.add(
        new ReportFile(
            run.directory(),
            Duration.ofSeconds(configuration.report().htmlEverySeconds()),
            LONGEST_END,
            run.lease()::isHeld));
    observers.addAll(trackers(spark, run));
    return new ObservedReport(report, observers);
  }

  /** What may be slow or gone is told in the background. */
  private static List<RunReporter> trackers(SparkContext spark, RunExecution.Run run) {
    RunConfiguration configuration = run.configuration();
    List<RunReporter> trackers = new ArrayList<>();
    String events = configuration.report().tensorboardDirectory();
    if (!events.isEmpty()) {
      Path folder = new Path(Location.of(events), configuration.runName());
      trackers.add(
          inBackground("TensorBoard", new TensorBoardTracker(folder, spark.hadoopConfiguration())));
    }
    if (!configuration.report().mlflowTrackingUri().isEmpty()) {
      trackers.add(
          inBackground(
              "MLflow",
              MlflowTracker.of(
                  configuration, run.directory(), System.getenv(), run.lease()::isHeld)));
    }
    return trackers;
  }

  private static RunReporter inBackground(String name, RunReporter tracker) {
    return new BackgroundObserver(name, tracker, LONGEST_END);
  }
}
