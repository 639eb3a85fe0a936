package normuon.job;

import java.io.PrintStream;
import normuon.job.report.RunReport;
import normuon.job.train.Slots;
import normuon.job.train.TrainingDriver;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code train}: trains the run of a configuration, or goes on with it. */
@Command(
    name = "train",
    description = {
      "Trains the run that the settings describe; a run directory with a checkpoint of the same",
      "settings is resumed. Without settings, the built-in sample."
    })
final class TrainCommand implements JobCommand {

  @Mixin private ConfigurationOptions options;

  @Override
  public int run(PrintStream output, PrintStream errors) {
    SparkConf spark = new SparkConf();
    return new RunExecution(spark, errors)
        .execute(options.sources(spark), run -> train(spark, run, output));
  }

  private static void train(SparkConf spark, RunExecution.Run run, PrintStream output) {
    SparkConf prepared = SparkSettings.prepare(spark, run.configuration());
    SparkSession session = SparkSession.builder().config(prepared).getOrCreate();
    try (RunReport report =
        new RunReport(run.configuration(), run.directory(), output, System.getenv())) {
      Slots.require(session.sparkContext(), run.configuration());
      new TrainingDriver(session, run.configuration(), report).run();
    } finally {
      session.stop();
    }
  }
}
