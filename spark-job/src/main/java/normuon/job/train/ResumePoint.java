package normuon.job.train;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;
import normuon.job.checkpoint.CheckpointSearch;
import normuon.job.checkpoint.CheckpointSearch.PassedOver;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.report.RunReporter;

/** Finds where a run goes on: after its newest checkpoint that is whole. */
final class ResumePoint {

  private final CheckpointStore store;
  private final CheckpointSearch.ShardCheck shards;
  private final Progress start;
  private final RunConfiguration configuration;
  private final RunReporter reporter;
  private final Set<Long> damagedSteps = new ConcurrentSkipListSet<>();

  /**
   * Creates the search.
   *
   * @param start where a run without a checkpoint stands
   */
  ResumePoint(
      CheckpointStore store,
      CheckpointSearch.ShardCheck shards,
      Progress start,
      RunConfiguration configuration,
      RunReporter reporter) {
    this.store = store;
    this.shards = shards;
    this.start = start;
    this.configuration = configuration;
    this.reporter = reporter;
  }

  /**
   * Verifies checkpoints until one is whole, and reports each that is passed over.
   *
   * @return how far the run has come; where it starts if it never had a checkpoint
   * @throws InvalidConfigurationException if it had checkpoints and all of them are damaged
   */
  Progress find() {
    CheckpointSearch.Result result = new CheckpointSearch(store, shards).newest();
    result
        .passedOver()
        .forEach(folder -> reporter.notice("Passed over checkpoint " + describe(folder)));
    if (result.lostAll() && !configuration.checkpoint().ignoreDamaged()) {
      throw new InvalidConfigurationException(
          "Cannot resume run.directory %s: no checkpoint is whole (%s); restore one, choose another run.directory, or set checkpoint.ignore_damaged=true to start again at step 0"
              .formatted(configuration.run().directory(), describe(result.passedOver())));
    }
    result.passedOver().forEach(folder -> damagedSteps.add(folder.step()));
    return result.newest().map(Progress::of).orElse(start);
  }

  /** The steps whose checkpoints were passed over. */
  Set<Long> damagedSteps() {
    return damagedSteps;
  }

  private String describe(List<PassedOver> folders) {
    return folders.stream()
        .filter(PassedOver::committed)
        .map(this::describe)
        .collect(Collectors.joining("; "));
  }

  private String describe(PassedOver folder) {
    return store.folder(folder.step()).getName() + ": " + folder.reason();
  }
}
