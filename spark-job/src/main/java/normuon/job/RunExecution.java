package normuon.job;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Consumer;
import normuon.job.checkpoint.LeaseHeldException;
import normuon.job.checkpoint.RunLease;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.RunConfiguration;
import normuon.job.preflight.PreflightException;
import normuon.job.report.MetricsLog;
import normuon.job.report.RunDirectory;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;
import normuon.job.report.StatusFile;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * Loads the configuration of a run, does its work, and sees that every failure is told: in one line
 * on standard error if it is the user's to mend, in {@code status.json}, and by the exit code.
 */
final class RunExecution {

  private final PrintStream errors;
  private final Configuration hadoop;
  private final Trace trace;

  /** What an execution leaves in a run directory beside what its work does. */
  enum Trace {
    /** A failure in {@code status.json}. */
    STATUS,
    /** Nothing. */
    NONE
  }

  /**
   * Creates the execution.
   *
   * @param spark Spark's settings, for those of its file systems
   * @param errors standard error
   */
  RunExecution(SparkConf spark, PrintStream errors, Trace trace) {
    this.trace = trace;
    this.errors = errors;
    this.hadoop = SparkHadoopUtil.get().newConfiguration(spark);
  }

  /**
   * A run whose settings are valid and whose directory may be used.
   *
   * @param configuration the effective configuration
   * @param directory the run directory, which exists
   * @param lease the right to write there
   * @param failed tells {@code status.json} what ended the run; throws {@link LeaseHeldException}
   *     where that is no longer this run's to tell
   */
  record Run(
      RunConfiguration configuration,
      RunDirectory directory,
      RunLease lease,
      Consumer<Throwable> failed) {}

  /**
   * Does the work of a run.
   *
   * @param sources what the user wrote
   * @param work what to do; throws {@link InvalidConfigurationException} or {@link
   *     RunStoppedException} for a failure with a known reason
   * @return the exit code
   * @throws RuntimeException any other failure of the work, as it is
   */
  int execute(ConfigurationSources sources, Consumer<Run> work) {
    ConfigurationLoader loader = new ConfigurationLoader(hadoop);
    RunConfiguration configuration;
    RunDirectory directory;
    try {
      configuration = loader.load(sources);
      directory = directory(configuration);
    } catch (InvalidConfigurationException invalid) {
      loader.runDirectory().ifPresent(name -> tellUnlessTaken(name, invalid));
      return say(Status.INVALID_CONFIG, invalid);
    } catch (UncheckedIOException unreachable) {
      return say(Status.RETRYABLE, unreachable);
    }
    RunLease taken;
    try {
      taken = lease(configuration);
    } catch (LeaseHeldException | UncheckedIOException unavailable) {
      return say(Status.RETRYABLE, unavailable);
    }
    try (RunLease lease = taken) {
      // Another run may have begun here while this one waited for the lease.
      requireSameRun(directory, configuration);
      Consumer<Throwable> failed = failure -> tell(directory, lease, failure);
      return execute(new Run(configuration, directory, lease, failed), work);
    } catch (InvalidConfigurationException another) {
      return say(Status.INVALID_CONFIG, another);
    } catch (LeaseHeldException lost) {
      // The status is the new holder's to tell.
      return say(Status.RETRYABLE, lost);
    }
  }

  private int execute(Run run, Consumer<Run> work) {
    try {
      work.accept(run);
      return 0;
    } catch (InvalidConfigurationException | RunStoppedException | UncheckedIOException failure) {
      run.failed().accept(failure);
      return say(statusOf(failure), failure);
    } catch (Throwable unexpected) {
      // Not only unchecked ones: Spark's Scala code throws checked exceptions without saying so.
      run.failed().accept(unexpected);
      throw unexpected;
    }
  }

  private static Status statusOf(Throwable failure) {
    if (failure instanceof InvalidConfigurationException) {
      return Status.INVALID_CONFIG;
    }
    return failure instanceof RunStoppedException stopped ? stopped.status() : Status.RETRYABLE;
  }

  private RunLease lease(RunConfiguration configuration) {
    Path directory = configuration.runDirectory();
    try {
      return RunLease.take(
          Location.fileSystem(directory, hadoop),
          directory,
          configuration.run().leaseSeconds(),
          errors::println);
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot reach run.directory " + directory, unreachable);
    }
  }

  private RunDirectory directory(RunConfiguration configuration) {
    RunDirectory directory = new RunDirectory(configuration.runDirectory(), hadoop);
    requireSameRun(directory, configuration);
    directory.create();
    return directory;
  }

  private static void requireSameRun(RunDirectory directory, RunConfiguration configuration) {
    directory.configuration().ifPresent(configuration::requireSameRun);
  }

  /**
   * A configuration that is invalid is not that of the run that a directory holds, and must not
   * change what its status says. A directory without a run is free.
   */
  private void tellUnlessTaken(String name, InvalidConfigurationException invalid) {
    try {
      RunDirectory directory = new RunDirectory(Location.of(name), hadoop);
      if (directory.read(RunConfiguration.FILE_NAME).isEmpty()) {
        tell(directory, Status.INVALID_CONFIG, invalid);
      }
    } catch (InvalidConfigurationException | UncheckedIOException unusable) {
      invalid.addSuppressed(unusable);
    }
  }

  private void tell(RunDirectory directory, RunLease lease, Throwable failure) {
    Status status = statusOf(failure);
    if (status != Status.INVALID_CONFIG) {
      // Whatever happened after the lease was lost has happened because of that.
      lease.requireHeld();
    }
    tell(directory, status, failure);
  }

  private void tell(RunDirectory directory, Status status, Throwable failure) {
    String resume = status == Status.INVALID_CONFIG ? "" : ResumeCommand.of(System.getenv());
    if (trace == Trace.NONE) {
      return;
    }
    try {
      new StatusFile(status, MetricsLog.lastStep(directory), oneLine(failure), resume)
          .write(directory);
    } catch (UncheckedIOException unwritable) {
      failure.addSuppressed(unwritable);
    }
  }

  private int say(Status status, Exception failure) {
    String command = ResumeCommand.of(System.getenv());
    String resume = status == Status.RETRYABLE && !command.isEmpty() ? "; resume: " + command : "";
    List<String> lines =
        failure instanceof PreflightException preflight
            ? preflight.problems()
            : List.of(oneLine(failure));
    lines.forEach(line -> errors.println(status + ": " + line + resume));
    return status.exitCode();
  }

  private static String reason(UncheckedIOException failure) {
    IOException cause = failure.getCause();
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

  private static String oneLine(Throwable failure) {
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    if (failure instanceof UncheckedIOException io && !message.contains(reason(io))) {
      message += ": " + reason(io);
    }
    return message.lines().findFirst().orElse(failure.toString());
  }
}
