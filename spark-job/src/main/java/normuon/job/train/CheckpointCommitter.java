package normuon.job.train;

import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.checkpoint.LeaseHeldException;
import normuon.job.checkpoint.Retention;
import normuon.job.checkpoint.RunLease;
import normuon.job.checkpoint.ShardFile;
import normuon.job.config.RunConfiguration;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the checkpoints of a run exist on the driver, each once its ranks have written every shard,
 * and lets go of old ones. One at a time is under way, beside the next segment.
 */
final class CheckpointCommitter implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointCommitter.class);

  private final CheckpointStore store;
  private final CheckpointRecords records;
  private final RunConfiguration configuration;
  private final Set<Long> damagedSteps;
  private final RunLease lease;
  private final RunReporter reporter;
  private final ExecutorService thread;
  private final Map<String, SortedMap<Integer, ShardFile>> written = new HashMap<>();
  private UnderWay underWay;

  /** A checkpoint that lacks shards or its manifest. */
  private record UnderWay(
      Segment segment, Progress progress, int ranks, CompletableFuture<Void> committed) {}

  /**
   * Creates the committer of a run.
   *
   * @param store the run's checkpoints
   * @param records makes their manifests
   * @param configuration says which ones are kept
   * @param damagedSteps checkpoints that were passed over; a new one of the same step takes its
   *     place
   * @param lease the right to change them
   * @param reporter told of what the user should know
   */
  CheckpointCommitter(
      CheckpointStore store,
      CheckpointRecords records,
      RunConfiguration configuration,
      Set<Long> damagedSteps,
      RunLease lease,
      RunReporter reporter) {
    this.store = store;
    this.records = records;
    this.configuration = configuration;
    this.damagedSteps = damagedSteps;
    this.lease = lease;
    this.reporter = reporter;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread committing = new Thread(task, "checkpoint-committer");
              committing.setDaemon(true);
              return committing;
            });
  }

  /**
   * Makes room for the checkpoint that a segment ends with; its shards are accepted from now on.
   *
   * @throws LeaseHeldException if the run directory is another driver's now
   * @throws AttemptFailedException if the store has no room for it
   */
  void prepare(Segment segment) {
    lease.requireHeld();
    if (segment.trains()) {
      clear(segment.toStep());
      synchronized (this) {
        written.put(segment.attemptId(), new TreeMap<>());
      }
    }
  }

  private void clear(long step) {
    try {
      store
          .clear(step)
          .ifPresent(aside -> reporter.notice("Renamed the damaged checkpoint to " + aside));
    } catch (UncheckedIOException unwritable) {
      throw new AttemptFailedException(unwritable.getMessage(), unwritable);
    }
  }

  /** Takes note of what a rank tells of its shard. Does not wait. */
  synchronized void accept(Object message) {
    if (message instanceof WrittenShard shard && written.containsKey(shard.attemptId())) {
      written.get(shard.attemptId()).put(shard.rank(), shard.file());
      commitIfComplete();
    }
  }

  /**
   * Has the checkpoint of a segment committed as soon as all its shards are written. The one before
   * is no longer under way: see {@link #await}.
   *
   * @param progress how far the run has come with it
   * @param ranks how many shards there are to be
   */
  synchronized void begin(Segment segment, Progress progress, int ranks) {
    if (segment.trains()) {
      underWay = new UnderWay(segment, progress, ranks, new CompletableFuture<>());
      commitIfComplete();
    }
  }

  private void commitIfComplete() {
    UnderWay current = underWay;
    if (current == null || !isComplete(current)) {
      return;
    }
    List<ShardFile> shards = List.copyOf(written.remove(current.segment.attemptId()).values());
    thread.execute(
        () -> {
          try {
            commit(current.progress, shards);
            current.committed.complete(null);
          } catch (RuntimeException | Error e) {
            current.committed.completeExceptionally(e);
          }
        });
  }

  /** Whether all shards are written and nobody has begun to commit them. */
  private boolean isComplete(UnderWay checkpoint) {
    SortedMap<Integer, ShardFile> shards = written.get(checkpoint.segment.attemptId());
    return shards != null && shards.size() == checkpoint.ranks;
  }

  private void commit(Progress progress, List<ShardFile> shards) {
    lease.requireHeld();
    store.commit(records.manifest(progress, shards));
    damagedSteps.remove(progress.step());
    Retention retention =
        new Retention(
            configuration.checkpoint().keepLast(), configuration.checkpoint().keepEverySteps());
    store.retain(retention, progress.step(), damagedSteps);
  }

  /**
   * Waits for the checkpoint under way, if there is one; by the end of the next segment its ranks
   * have written it.
   *
   * @return whether there was one
   * @throws LeaseHeldException if the run directory is another driver's now
   * @throws AttemptFailedException if it cannot be committed
   */
  boolean await() {
    UnderWay current = take();
    if (current == null) {
      return false;
    }
    int seconds = configuration.communication().deadlineSeconds();
    try {
      current.committed.get(seconds, TimeUnit.SECONDS);
      reporter.checkpointed((int) current.progress.step());
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LeaseHeldException lost) {
        throw lost;
      }
      throw new AttemptFailedException(e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      throw new AttemptFailedException(
          "Cannot commit checkpoint %s: not all %d ranks have written their shards within communication.deadline_seconds %d"
              .formatted(store.folder(current.progress.step()), current.ranks, seconds),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunStoppedException(
          Status.RETRYABLE, "Cannot commit a checkpoint: the driver is being stopped", e);
    }
  }

  private synchronized UnderWay take() {
    UnderWay current = underWay;
    underWay = null;
    return current;
  }

  /**
   * After an attempt failed: lets the checkpoint under way be committed if all its shards are
   * there, and gives it up otherwise.
   */
  void settle() {
    UnderWay current;
    synchronized (this) {
      current = take();
      boolean complete = current != null && !written.containsKey(current.segment.attemptId());
      written.clear();
      if (!complete) {
        return;
      }
    }
    try {
      current.committed.get(configuration.communication().deadlineSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("Cannot commit checkpoint {}", store.folder(current.progress.step()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    settle();
    thread.shutdown();
  }
}
