package normuon.job.train;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import normuon.job.checkpoint.CheckpointSnapshot;
import normuon.optimizer.shard.CollectiveException;

/**
 * Writes the shards of a rank while it trains on, one at a time. A shard that cannot be written
 * fails the rank: at its next step, or where it waits for the shard.
 */
final class BackgroundWrites {

  /**
   * One thread for the process, so that what an attempt that failed has begun to write is finished
   * before the next attempt writes.
   */
  private static final ExecutorService THREAD =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "checkpoint-writer");
            thread.setDaemon(true);
            return thread;
          });

  private final Duration longest;
  private Future<?> pending;

  /**
   * Creates the writes of a rank.
   *
   * @param longest how long {@link #await} waits for a store that does not answer
   */
  BackgroundWrites(Duration longest) {
    this.longest = longest;
  }

  /** Writes a snapshot, and tells who waits for it. */
  @FunctionalInterface
  interface Write {
    void apply(CheckpointSnapshot snapshot);
  }

  /**
   * Begins a write. The one before must have ended: see {@link #await}.
   *
   * @param snapshot what to write; freed afterwards
   */
  void begin(CheckpointSnapshot snapshot, Write write) {
    if (pending != null) {
      throw new IllegalStateException("Cannot begin a write before the one before it has ended");
    }
    pending =
        THREAD.submit(
            () -> {
              try (snapshot) {
                write.apply(snapshot);
              }
            });
  }

  /**
   * Checks the write, without waiting for it.
   *
   * @throws RuntimeException if it has failed; why it did
   */
  void requireSound() {
    if (pending != null && pending.isDone()) {
      await();
    }
  }

  /**
   * Waits for the write, if there is one.
   *
   * @throws RuntimeException if it has failed, why it did; or if it takes longer than it may
   */
  void await() {
    if (pending != null) {
      await(pending, longest);
      pending = null;
    }
  }

  /** Waits for all writes that this process has begun, whether they fail or not. */
  static void awaitAll(Duration longest) {
    await(THREAD.submit(() -> {}), longest);
  }

  private static void await(Future<?> write, Duration longest) {
    try {
      write.get(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "Cannot write a checkpoint: the store has not taken it within communication.deadline_seconds "
              + longest.toSeconds(),
          e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new IllegalStateException("Cannot write a checkpoint: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CollectiveException("Cannot wait for a checkpoint: the task is being stopped", e);
    }
  }
}
