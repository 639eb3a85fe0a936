package normuon.job;

import java.io.PrintStream;
import java.util.Map;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.RunConfiguration;
import normuon.job.preflight.Preflight;
import normuon.job.report.RunReport;
import normuon.job.report.RunReporter;
import normuon.job.train.ClusterCheck;
import normuon.job.train.TrainingDriver;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code train}: trains the run of a configuration, or goes on with it. */
@Command(
    name = "train",
    description = {
      "Trains the run that the settings describe; a run directory with a checkpoint of the same",
      "settings is resumed. Without settings, the built-in sample."
    })
final class TrainCommand implements JobCommand {

  @Mixin private ConfigurationOptions options;

  @Option(
      names = "--init",
      paramLabel = "DIR",
      description = {
        "Starts from this model: a checkpoint's folder, or one with config.json and",
        "model.safetensors of a Llama or Qwen3. Short for initialization.checkpoint=DIR."
      })
  private String initialModel;

  @Override
  public int run(PrintStream output, PrintStream errors) {
    SparkConf spark = new SparkConf();
    return new RunExecution(spark, errors, RunExecution.Trace.STATUS)
        .execute(sources(spark), run -> train(spark, run, output));
  }

  private ConfigurationSources sources(SparkConf spark) {
    ConfigurationSources sources = options.sources(spark);
    return initialModel == null
        ? sources
        : sources.with("initialization.checkpoint=" + initialModel);
  }

  private static void train(SparkConf spark, RunExecution.Run run, PrintStream output) {
    SparkConf prepared = SparkSettings.prepare(spark, run.configuration());
    Preflight.requireSettings(prepared, run.configuration());
    SparkSession session = SparkSession.builder().config(prepared).getOrCreate();
    try {
      train(session, run, output, System.getenv());
    } finally {
      session.stop();
    }
  }

  /**
   * Trains a run in a session that may have trained others before it.
   *
   * @param output gets what the run reports
   * @param environment the environment variables, which tell of the terminal
   */
  static void train(
      SparkSession session,
      RunExecution.Run run,
      PrintStream output,
      Map<String, String> environment) {
    RunConfiguration configuration = run.configuration();
    RunReport files =
        new RunReport(configuration, run.directory(), output, environment, run.lease()::isHeld);
    SparkContext spark = session.sparkContext();
    try (RunReporter report = RunObservers.around(files, spark, run)) {
      try {
        PreflightRun preflight = PreflightRun.of(spark, configuration);
        preflight.warnings().forEach(warning -> output.println("WARNING: " + warning));
        ClusterCheck cluster =
            new ClusterCheck(
                preflight.placements().size(),
                ranks -> preflight.repeat(spark, configuration, ranks));
        new TrainingDriver(session, configuration, run.lease(), report, cluster).run();
      } catch (Throwable failure) {
        // First of all: a process that was told to stop may not live until all observers have
        // ended.
        try {
          files.flush();
        } catch (RuntimeException unwritable) {
          failure.addSuppressed(unwritable);
        }
        run.failed().accept(failure);
        report.failed(failure);
        throw failure;
      }
    }
  }
}
