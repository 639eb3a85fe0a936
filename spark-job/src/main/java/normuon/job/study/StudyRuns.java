package normuon.job.study;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import normuon.job.checkpoint.LeaseHeldException;
import normuon.job.checkpoint.RunLease;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.RunConfiguration;
import normuon.job.report.MetricsLog;
import normuon.job.report.RunDirectory;
import normuon.job.report.Status;
import normuon.job.report.StatusFile;
import normuon.job.report.ValidationCurve;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The runs of a study on disk: each is an ordinary run in a directory of its own below {@code
 * run.directory}. What has ended is read from there alone, so that a study can go on at any time.
 */
public final class StudyRuns {

  private final StudyResults results;
  private final ConfigurationSources sources;
  private final Configuration hadoop;
  private final RunConfiguration common;

  /**
   * Creates the view of a study's runs and checks their settings.
   *
   * @param study what is compared
   * @param sources the settings that all runs have in common
   * @param hadoop how file systems are reached
   * @throws InvalidConfigurationException if a setting is wrong, or the directory is a run's own
   */
  public StudyRuns(Study study, ConfigurationSources sources, Configuration hadoop) {
    this.results = new StudyResults(study);
    this.sources = sources;
    this.hadoop = hadoop;
    this.common = new ConfigurationLoader(hadoop).load(sources);
    requireOwnDirectory();
    study.sweep().forEach(this::configuration);
  }

  /** The directory of the study. */
  public RunDirectory directory() {
    return new RunDirectory(common.runDirectory(), hadoop);
  }

  /**
   * Takes the right to train the runs, as a run does to its own directory.
   *
   * @param notices told, in one line, what is waited for and how long
   * @throws LeaseHeldException if another study is at work there
   */
  public RunLease lease(Consumer<String> notices) {
    directory().create();
    Path path = common.runDirectory();
    try {
      return RunLease.take(
          Location.fileSystem(path, hadoop), path, common.run().leaseSeconds(), notices);
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot reach run.directory " + path, unreachable);
    }
  }

  private RunDirectory directory(Point point) {
    return new RunDirectory(new Path(common.runDirectory(), point.name()), hadoop);
  }

  /** Everything that is written about a run. */
  public ConfigurationSources sources(Point point) {
    String directory = common.run().directory();
    List<String> assignments = new ArrayList<>(sources.assignments());
    assignments.addAll(point.assignments());
    assignments.add("run.directory=" + directory + "/" + point.name());
    if (common.data().tokensDirectory().isEmpty()) {
      assignments.add("data.tokens_directory=" + directory + "/tokens");
    }
    return new ConfigurationSources(sources.file(), sources.sparkProperties(), assignments);
  }

  /**
   * The next run to train, or to go on with; empty if all have ended.
   *
   * @throws InvalidConfigurationException if a run that has ended is not the one of the study
   */
  public Optional<Point> nextMissing() {
    Optional<Point> missing = results.nextMissing();
    while (missing.isPresent()) {
      Optional<PointResult> result = read(missing.get());
      if (result.isEmpty()) {
        return missing;
      }
      results.add(missing.get(), result.get());
      missing = results.nextMissing();
    }
    return missing;
  }

  /**
   * The validation loss after the last step of a run that {@link #nextMissing()} has found to have
   * ended; empty if the run diverged.
   */
  public OptionalDouble finalLoss(Point point) {
    PointResult result = results.of(point);
    if (result == null) {
      throw new IllegalStateException(
          "Cannot find out how the run %s ended: it has no %s of its end"
              .formatted(directory(point).path(), StatusFile.FILE_NAME));
    }
    return result.finalLoss();
  }

  /** How many runs are known to have ended. */
  public int ended() {
    return results.size();
  }

  /** How many runs there are, if no rule diverges with every learning rate. */
  public int total() {
    Study study = results.study();
    return (int) study.sweep().count() + study.rules().size() * (study.seeds().size() - 1);
  }

  /**
   * What came out.
   *
   * @throws InvalidConfigurationException if a run has not ended; names the first
   */
  public StudySummary summary() {
    Optional<Point> missing = nextMissing();
    if (missing.isPresent()) {
      throw new InvalidConfigurationException(
          "Cannot sum up the study: the run %s has not ended"
              .formatted(directory(missing.get()).path()));
    }
    return new Summation(results).summary(StudySummary.Settings.of(common));
  }

  private void requireOwnDirectory() {
    if (directory().read(RunConfiguration.FILE_NAME).isPresent()) {
      throw new InvalidConfigurationException(
          "Invalid run.directory %s: it holds a run; a study needs a directory of its own"
              .formatted(common.run().directory()));
    }
  }

  private RunConfiguration configuration(Point point) {
    try {
      return new ConfigurationLoader(hadoop).load(sources(point));
    } catch (InvalidConfigurationException invalid) {
      throw new InvalidConfigurationException(
          "Cannot train with the rule %s of the study: %s"
              .formatted(point.rule().name(), invalid.getMessage()),
          invalid);
    }
  }

  private Optional<PointResult> read(Point point) {
    RunDirectory directory = directory(point);
    Optional<Status> status =
        StatusFile.read(directory)
            .map(StatusFile::status)
            .filter(ended -> ended == Status.SUCCEEDED || ended == Status.DIVERGED);
    if (status.isEmpty()) {
      return Optional.empty();
    }
    RunConfiguration expected = configuration(point);
    directory.configuration().ifPresent(expected::requireSameRun);
    ValidationCurve curve = ValidationCurve.of(MetricsLog.evaluations(directory));
    if (status.get() == Status.SUCCEEDED) {
      requireSameEvaluations(expected, curve);
    }
    return Optional.of(new PointResult(status.get(), curve));
  }

  /** Steps to a loss compare only between curves with the same points. */
  private static void requireSameEvaluations(
      RunConfiguration configuration, ValidationCurve curve) {
    int steps = configuration.train().steps();
    int every = configuration.evaluate().everySteps();
    List<Integer> expected =
        IntStream.rangeClosed(1, steps)
            .filter(step -> step == steps || every > 0 && step % every == 0)
            .boxed()
            .toList();
    if (!curve.steps().equals(expected)) {
      throw new InvalidConfigurationException(
          "Invalid evaluate.every_steps %d: the run %s was evaluated after the steps %s, and a study compares runs that were evaluated after the same"
              .formatted(every, configuration.run().directory(), curve.steps()));
    }
  }
}
