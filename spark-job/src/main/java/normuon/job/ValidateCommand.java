package normuon.job;

import java.io.PrintStream;
import normuon.job.plan.PlanText;
import normuon.job.preflight.Preflight;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code validate}: looks whether a run can go on the cluster that is there. */
@Command(
    name = "validate",
    description = {
      "Checks settings and cluster as train does before its first step, and prints where ranks run",
      "and what they need. Nothing is trained, and no text is read."
    })
final class ValidateCommand implements JobCommand {

  @Mixin private ConfigurationOptions options;

  @Override
  public int run(PrintStream output, PrintStream errors) {
    SparkConf spark = new SparkConf();
    return new RunExecution(spark, errors, RunExecution.Trace.NONE)
        .execute(options.sources(spark), run -> validate(spark, run, output));
  }

  private static void validate(SparkConf spark, RunExecution.Run run, PrintStream output) {
    SparkConf prepared = SparkSettings.prepare(spark, run.configuration());
    Preflight.requireSettings(prepared, run.configuration());
    SparkSession session = SparkSession.builder().config(prepared).getOrCreate();
    try {
      PreflightRun preflight = PreflightRun.of(session.sparkContext(), run.configuration());
      preflight.warnings().forEach(warning -> output.println("WARNING: " + warning));
      preflight.placements().forEach(output::println);
      if (VocabularySize.of(run.configuration()).isEmpty()) {
        output.printf(
            "The vocabulary is taken to be %d: the text is not read%n", VocabularySize.ASSUMED);
      }
      output.println(PlanText.of(preflight.plan()));
      output.println("VALID");
    } finally {
      session.stop();
    }
  }
}
