package normuon.job.train;

import java.util.List;
import java.util.Set;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.checkpoint.Retention;
import normuon.job.checkpoint.RunLease;
import normuon.job.config.CheckpointSettings;
import normuon.job.report.RunReporter;

/** Makes the checkpoints of a run exist on the driver, and lets go of old ones. */
final class CheckpointCommitter {

  private final CheckpointStore store;
  private final CheckpointRecords records;
  private final Retention retention;
  private final Set<Long> damagedSteps;
  private final RunLease lease;
  private final RunReporter reporter;

  /**
   * Creates the committer of a run.
   *
   * @param store the run's checkpoints
   * @param records makes their manifests
   * @param settings which ones are kept
   * @param damagedSteps checkpoints that were passed over; a new one of the same step takes its
   *     place
   * @param lease the right to change them
   * @param reporter told of what the user should know
   */
  CheckpointCommitter(
      CheckpointStore store,
      CheckpointRecords records,
      CheckpointSettings settings,
      Set<Long> damagedSteps,
      RunLease lease,
      RunReporter reporter) {
    this.store = store;
    this.records = records;
    this.retention = new Retention(settings.keepLast(), settings.keepEverySteps());
    this.damagedSteps = damagedSteps;
    this.lease = lease;
    this.reporter = reporter;
  }

  /**
   * Makes room for the checkpoint that a segment ends with.
   *
   * @throws normuon.job.checkpoint.LeaseHeldException if the run directory is another driver's now
   */
  void prepare(Segment segment) {
    lease.requireHeld();
    if (segment.trains()) {
      store
          .clear(segment.toStep())
          .ifPresent(aside -> reporter.notice("Renamed the damaged checkpoint to " + aside));
    }
  }

  /**
   * Commits the checkpoint that a segment's ranks have written.
   *
   * @throws normuon.job.checkpoint.LeaseHeldException if the run directory is another driver's now
   */
  void commit(Progress progress, List<SegmentResult> results) {
    lease.requireHeld();
    store.commit(records.manifest(progress, results));
    damagedSteps.remove(progress.step());
    store.retain(retention, progress.step(), damagedSteps);
  }
}
