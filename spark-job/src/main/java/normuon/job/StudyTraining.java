package normuon.job;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.RunConfiguration;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/** Trains runs one after the other in one Spark application, which the first of them starts. */
final class StudyTraining implements AutoCloseable {

  private static final PrintStream NOWHERE =
      new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);

  private final SparkConf spark;
  private final RunExecution execution;
  private SparkSession session;

  /**
   * Creates the training.
   *
   * @param spark the user's settings of Spark
   * @param errors standard error
   */
  StudyTraining(SparkConf spark, PrintStream errors) {
    this.spark = spark;
    this.execution = new RunExecution(spark, errors, RunExecution.Trace.STATUS);
  }

  /**
   * Trains a run, or goes on with it, as {@code train} would, but in silence.
   *
   * @return the exit code of {@code train}
   */
  int train(ConfigurationSources sources) {
    return execution.execute(
        sources, run -> TrainCommand.train(session(run.configuration()), run, NOWHERE, Map.of()));
  }

  private SparkSession session(RunConfiguration configuration) {
    if (session == null) {
      session =
          SparkSession.builder().config(SparkSettings.prepare(spark, configuration)).getOrCreate();
    }
    return session;
  }

  @Override
  public void close() {
    if (session != null) {
      session.stop();
    }
  }
}
