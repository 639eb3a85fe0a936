package normuon.job;

import normuon.job.config.RunConfiguration;
import normuon.job.report.RunReporter;
import org.apache.spark.sql.SparkSession;

/** Makes all steps of a run. */
@FunctionalInterface
interface Training {

  /**
   * Trains, from the last checkpoint of the run directory if there is one.
   *
   * @throws normuon.job.config.InvalidConfigurationException if the data allow no start
   * @throws normuon.job.report.RunStoppedException if the run ends early for a known reason
   */
  void run(SparkSession session, RunConfiguration configuration, RunReporter reporter);
}
