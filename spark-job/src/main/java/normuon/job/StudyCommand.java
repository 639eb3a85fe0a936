package normuon.job;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import normuon.job.checkpoint.LeaseHeldException;
import normuon.job.checkpoint.RunLease;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.report.Status;
import normuon.job.study.MarkdownTables;
import normuon.job.study.Point;
import normuon.job.study.StudyFile;
import normuon.job.study.StudyRuns;
import normuon.job.study.StudySummary;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code study}: compares update rules, each with its best learning rate and several seeds. */
@Command(
    name = "study",
    description = {
      "Compares update rules: trains each with every learning rate of a study",
      "file, and with the best of them for every seed. Runs that have ended are",
      "not repeated."
    })
final class StudyCommand implements JobCommand {

  @Option(
      names = "--study",
      paramLabel = "FILE",
      required = true,
      description = "Rules, learning rates and seeds in YAML, such as conf/optimizer-study.yaml.")
  private String study;

  @Option(
      names = "--summarize",
      description = "Trains nothing and writes nothing but --output: sums up runs that have ended.")
  private boolean onlySummarizes;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "A local file for the summary in JSON, beside study.json in run.directory.")
  private Path file;

  @Mixin private ConfigurationOptions options;

  @Override
  public int run(PrintStream output, PrintStream errors) {
    SparkConf spark = new SparkConf();
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(spark);
    try {
      requireWritableOutput();
      StudyRuns runs = new StudyRuns(StudyFile.read(study, hadoop), options.sources(spark), hadoop);
      if (onlySummarizes) {
        publish(runs.summary(), output);
        return 0;
      }
      return train(spark, runs, output, errors);
    } catch (LeaseHeldException taken) {
      errors.println(Status.RETRYABLE + ": " + taken.getMessage());
      return Status.RETRYABLE.exitCode();
    } catch (InvalidConfigurationException invalid) {
      errors.println(Status.INVALID_CONFIG + ": " + invalid.getMessage());
      return Status.INVALID_CONFIG.exitCode();
    }
  }

  /** Trains what is missing and sums up, while no other study does so in the same directory. */
  private int train(SparkConf spark, StudyRuns runs, PrintStream output, PrintStream errors) {
    try (RunLease lease = runs.lease(errors::println)) {
      int code = train(spark, runs, lease, output, errors);
      if (code == 0) {
        lease.requireHeld();
        StudySummary summary = runs.summary();
        runs.directory().replace(StudySummary.FILE_NAME, summary.toJson());
        publish(summary, output);
      }
      return code;
    }
  }

  /** Trains every run that is missing; the exit code is that of the first that broke off. */
  private static int train(
      SparkConf spark, StudyRuns runs, RunLease lease, PrintStream output, PrintStream errors) {
    try (StudyTraining training = new StudyTraining(spark, errors)) {
      Optional<Point> missing = runs.nextMissing();
      output.printf("%d of %d runs have ended%n", runs.ended(), runs.total());
      while (missing.isPresent()) {
        lease.requireHeld();
        Point point = missing.get();
        int code = training.train(runs.sources(point));
        if (code != 0 && code != Status.DIVERGED.exitCode()) {
          return code;
        }
        missing = runs.nextMissing();
        output.printf("%d/%d  %s%n", runs.ended(), runs.total(), end(runs, point));
      }
      return 0;
    }
  }

  private static String end(StudyRuns runs, Point point) {
    OptionalDouble loss = runs.finalLoss(point);
    return loss.isPresent()
        ? String.format(Locale.ROOT, "%s  validation loss %.4f", point.name(), loss.getAsDouble())
        : point.name() + "  " + Status.DIVERGED;
  }

  private void publish(StudySummary summary, PrintStream output) {
    MarkdownTables tables = new MarkdownTables(summary);
    output.printf("%n%s%n%n%s%n", tables.comparison(), tables.sweep());
    if (file != null) {
      try {
        Files.writeString(file, summary.toJson());
      } catch (IOException unwritable) {
        throw new InvalidConfigurationException(
            "Cannot write the summary to " + file + ": " + unwritable, unwritable);
      }
    }
  }

  /** A study takes hours, at whose end it is too late for this. */
  private void requireWritableOutput() {
    if (file != null
        && (Files.isDirectory(file) || !Files.isDirectory(file.toAbsolutePath().getParent()))) {
      throw new InvalidConfigurationException(
          "Invalid --output %s: must be a file in a folder that exists".formatted(file));
    }
  }
}
