package normuon.job;

import java.io.PrintStream;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.RunConfiguration;
import normuon.job.preflight.Preflight;
import normuon.job.retrain.Trainer;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/** The Spark application of a retraining, which starts when it is first needed. */
final class RetrainSession implements Trainer, AutoCloseable {

  private final SparkConf spark;
  private final RunConfiguration configuration;
  private final PrintStream output;
  private final RunExecution execution;
  private SparkSession session;

  /**
   * Creates the session.
   *
   * @param spark the user's settings of Spark
   * @param configuration names the tables that it must be able to read
   * @param output standard output
   * @param errors standard error
   */
  RetrainSession(
      SparkConf spark, RunConfiguration configuration, PrintStream output, PrintStream errors) {
    this.spark = spark;
    this.configuration = configuration;
    this.output = output;
    this.execution = new RunExecution(spark, errors, RunExecution.Trace.STATUS);
  }

  @Override
  public SparkSession session() {
    if (session == null) {
      SparkConf prepared = SparkSettings.prepare(spark, configuration);
      Preflight.requireSettings(prepared, configuration);
      session = SparkSession.builder().config(prepared).getOrCreate();
    }
    return session;
  }

  @Override
  public int train(ConfigurationSources sources) {
    return execution.execute(
        sources, run -> TrainCommand.train(session(), run, output, System.getenv()));
  }

  @Override
  public void close() {
    if (session != null) {
      session.stop();
    }
  }
}
