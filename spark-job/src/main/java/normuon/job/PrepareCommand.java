package normuon.job;

import java.io.PrintStream;
import normuon.job.data.TokenManifest;
import normuon.job.train.RunTokens;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code prepare}: writes the tokens of a run, which {@code train} finds there. */
@Command(
    name = "prepare",
    description = {
      "Writes the token shards that train reads, from data.sources or data.path; goes on where an",
      "earlier preparation of the same settings broke off. Nothing is trained."
    })
final class PrepareCommand implements JobCommand {

  @Mixin private ConfigurationOptions options;

  @Override
  public int run(PrintStream output, PrintStream errors) {
    SparkConf spark = new SparkConf();
    return new RunExecution(spark, errors, RunExecution.Trace.NONE)
        .execute(options.sources(spark), run -> prepare(spark, run, output));
  }

  private static void prepare(SparkConf spark, RunExecution.Run run, PrintStream output) {
    SparkConf settings =
        SparkSettings.ofPreparation(spark, run.configuration().data().sources(), System.getenv());
    SparkSession session = SparkSession.builder().config(settings).getOrCreate();
    try {
      run.lease().whenLost(session.sparkContext()::cancelAllJobs);
      TokenManifest manifest = RunTokens.prepare(session, run.configuration());
      PreparationText.lines(manifest).forEach(output::println);
    } finally {
      session.stop();
    }
  }
}
