package normuon.job;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import normuon.job.checkpoint.LeaseHeldException;
import normuon.job.checkpoint.RunLease;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.DataSettings;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.RunConfiguration;
import normuon.job.report.RunDirectory;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;
import normuon.job.report.StatusFile;
import normuon.job.retrain.ModelLine;
import normuon.job.retrain.RetrainPreview;
import normuon.job.retrain.RetrainResult;
import normuon.job.retrain.Retraining;
import normuon.job.retrain.Retraining.Goal;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code retrain}: brings a line of models up to date with tables that have grown. */
@Command(
    name = "retrain",
    description = {
      "Trains the model in retrain.directory on the rows that came to data.sources since, and",
      "promotes the new one if it is no worse; the first time, trains on all rows. What was broken",
      "off goes on. Exit code: 0 PROMOTED, PREPARED or NO_NEW_DATA, 2 INVALID_CONFIG, 3 DIVERGED,",
      "4 NOT_PROMOTED, 75 RETRYABLE: run it again."
    })
final class RetrainCommand implements JobCommand {

  @Option(names = "--dry-run", description = "Prints what would happen, and writes nothing.")
  private boolean onlyPreviews;

  @Option(
      names = "--prepare",
      description = "Prepares what is new, and leaves the training to the next retraining.")
  private boolean onlyPrepares;

  @Mixin private ConfigurationOptions options;

  @Override
  public int run(PrintStream output, PrintStream errors) {
    SparkConf spark = new SparkConf();
    ConfigurationSources sources = options.sources(spark);
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(spark);
    try {
      RunConfiguration configuration = new ConfigurationLoader(hadoop).load(sources);
      requireRetrainable(configuration);
      ModelLine line = ModelLine.of(configuration.retrain().directory(), hadoop);
      try (RetrainSession session = new RetrainSession(spark, configuration, output, errors)) {
        if (onlyPreviews) {
          new RetrainPreview(configuration, line, session.session())
              .lines()
              .forEach(output::println);
          return 0;
        }
        Retraining retraining =
            new Retraining(
                onlyPrepares ? Goal.PREPARED_ROWS : Goal.MODEL,
                configuration,
                sources,
                line,
                session,
                output::println);
        return retrain(retraining, configuration, line, hadoop, new Ending(output, errors));
      }
    } catch (InvalidConfigurationException invalid) {
      return new Ending(output, errors).failed(Status.INVALID_CONFIG, invalid);
    } catch (LeaseHeldException taken) {
      errors.printf(
          "%s: Cannot retrain, as another retraining is under way: %s%n",
          Status.RETRYABLE, taken.getMessage());
      return Status.RETRYABLE.exitCode();
    } catch (UncheckedIOException unavailable) {
      return new Ending(output, errors).failed(Status.RETRYABLE, unavailable);
    }
  }

  /** Says how a retraining ended. */
  private record Ending(PrintStream output, PrintStream errors) {

    int failed(Status status, Exception failure) {
      errors.println(status + ": " + firstLine(failure));
      return status.exitCode();
    }

    int ended(RetrainResult result) {
      PrintStream stream = result.status().exitCode() == 0 ? output : errors;
      stream.println(result.status() + ": " + result.message());
      return result.status().exitCode();
    }
  }

  private static int retrain(
      Retraining retraining,
      RunConfiguration configuration,
      ModelLine line,
      Configuration hadoop,
      Ending ending) {
    RunDirectory directory = line.directory();
    directory.create();
    try (RunLease lease = lease(directory, configuration, hadoop, ending)) {
      StatusFile.remove(directory);
      RetrainResult result;
      try {
        result = retraining.run(lease);
      } catch (InvalidConfigurationException invalid) {
        result = new RetrainResult(Status.INVALID_CONFIG, 0, invalid.getMessage());
      } catch (RunStoppedException stopped) {
        lease.requireHeld();
        result = new RetrainResult(stopped.status(), 0, stopped.getMessage());
      } catch (UncheckedIOException unavailable) {
        lease.requireHeld();
        result = new RetrainResult(Status.RETRYABLE, 0, unavailable.getMessage());
      } catch (Throwable unexpected) {
        lease.requireHeld();
        // Not only unchecked ones: Spark's Scala code throws checked exceptions without saying so.
        tell(directory, new RetrainResult(Status.RETRYABLE, 0, firstLine(unexpected)));
        throw unexpected;
      }
      lease.requireHeld();
      tell(directory, result);
      return ending.ended(result);
    }
  }

  private static void tell(RunDirectory directory, RetrainResult result) {
    String resume = result.status() == Status.RETRYABLE ? ResumeCommand.of(System.getenv()) : "";
    new StatusFile(result.status(), result.steps(), result.message(), resume).write(directory);
  }

  private static String firstLine(Throwable failure) {
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    return message.lines().findFirst().orElse(failure.toString());
  }

  private static RunLease lease(
      RunDirectory directory, RunConfiguration configuration, Configuration hadoop, Ending ending) {
    try {
      return RunLease.take(
          Location.fileSystem(directory.path(), hadoop),
          directory.path(),
          configuration.run().leaseSeconds(),
          ending.errors()::println);
    } catch (IOException unreachable) {
      throw new UncheckedIOException(
          "Cannot reach retrain.directory " + directory.path(), unreachable);
    }
  }

  private static void requireRetrainable(RunConfiguration configuration) {
    if (configuration.retrain().directory().isBlank()) {
      throw new InvalidConfigurationException(
          "Invalid retrain.directory \"\": must name the directory of a line of models");
    }
    if (configuration.data().sources().isEmpty()) {
      throw new InvalidConfigurationException(
          "Invalid data.sources []: retrain must have tables or files that grow");
    }
    if (configuration.data().isWeighted()) {
      throw new InvalidConfigurationException(
          "Invalid data.sources: retrain mixes new rows with old ones by retrain.old_share; must have no weights");
    }
    if (configuration.data().tokenizer() == DataSettings.Tokenizer.CHAR) {
      throw new InvalidConfigurationException(
          "Invalid data.tokenizer char: its vocabulary would change with the rows; retrain must have another tokenizer");
    }
  }
}
