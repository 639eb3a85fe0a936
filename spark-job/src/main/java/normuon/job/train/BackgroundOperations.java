package normuon.job.train;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import normuon.optimizer.shard.CollectiveException;
import normuon.optimizer.shard.Collectives;

/**
 * Collective operations on a thread of their own, one after the other, beside what the rank
 * computes. Counts how long they take, and how long the rank waits for them.
 */
final class BackgroundOperations implements AutoCloseable {

  private static final long POLL_MILLIS = 100;
  private static final long LONGEST_STOP_SECONDS = 10;

  private final Collectives collectives;
  private final ExecutorService thread;
  private final AtomicLong nanos = new AtomicLong();
  private long exposedNanos;

  /**
   * Starts the thread.
   *
   * @param name for thread dumps
   */
  BackgroundOperations(String name, Collectives collectives) {
    this.collectives = collectives;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task, name + "-rank-" + collectives.rank());
              made.setDaemon(true);
              return made;
            });
  }

  /** Begins an operation when those before it have ended. */
  Future<?> submit(Runnable operation) {
    return thread.submit(
        () -> {
          long start = System.nanoTime();
          try {
            operation.run();
          } catch (RuntimeException | Error failure) {
            collectives.abort(failure);
            throw failure;
          } finally {
            nanos.addAndGet(System.nanoTime() - start);
          }
        });
  }

  /**
   * Waits for an operation, which ends by itself when its own deadline passes.
   *
   * @throws RuntimeException if it has failed, why it did
   */
  void await(Future<?> operation) {
    if (operation.isDone()) {
      require(operation);
      return;
    }
    long start = System.nanoTime();
    try {
      while (!operation.isDone()) {
        collectives.requireRunning();
        poll(operation);
      }
      require(operation);
    } finally {
      exposedNanos += System.nanoTime() - start;
    }
  }

  private static void poll(Future<?> operation) {
    try {
      operation.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException again) {
      // Whether it has ended, and how, is asked for next.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CollectiveException("Cannot wait for other ranks: the task is being stopped", e);
    }
  }

  private static void require(Future<?> operation) {
    try {
      operation.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new IllegalStateException("Cannot exchange weights: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CollectiveException("Cannot wait for other ranks: the task is being stopped", e);
    }
  }

  /** Counts from here on. */
  void restartCount() {
    nanos.set(0);
    exposedNanos = 0;
  }

  /** How long the rank has waited, in milliseconds. */
  double exposedMilliseconds() {
    return exposedNanos / 1e6;
  }

  /** How long operations took beyond that. */
  double hiddenMilliseconds() {
    return Math.max(0, nanos.get() - exposedNanos) / 1e6;
  }

  /**
   * Ends the thread, and with it what has not begun. Returns when nothing runs any more, also to a
   * thread that is interrupted, as arrays are freed next.
   *
   * @throws IllegalStateException if an operation does not end; its arrays must not be freed then
   */
  @Override
  public void close() {
    thread.shutdownNow();
    if (!awaitEnd()) {
      throw new IllegalStateException(
          "Cannot stop exchanging weights within " + LONGEST_STOP_SECONDS + " s");
    }
  }

  /** Whether the thread has ended in time; an interruption is kept for later. */
  private boolean awaitEnd() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_STOP_SECONDS);
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return thread.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException again) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
