package normuon.job.comm;

import static normuon.job.comm.PeerException.Reason.DISCONNECTED;
import static normuon.job.comm.PeerException.Reason.SILENT;
import static normuon.job.comm.PeerException.Reason.STOPPED;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits with a deadline that end early when the rank is to stop: Spark does not wake a task that it
 * kills, the task must ask.
 *
 * @param deadline the longest wait
 * @param stop says when the rank is to stop
 */
record Wait(Duration deadline, StopSignal stop) {

  /** How often a wait asks whether the rank is to stop. What is waited for ends it at once. */
  static final long POLL_MILLIS = 50;

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS);

  /**
   * Waits for a value from a peer.
   *
   * @throws normuon.optimizer.shard.CollectiveException if it does not come
   */
  <T> T until(CompletableFuture<T> value, Expectation expected) {
    long end = System.nanoTime() + deadline.toNanos();
    while (true) {
      if (stop.isRaised()) {
        throw stop.exception("Cannot " + expected.purpose());
      }
      try {
        return value.get(Math.min(POLL_NANOS, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (System.nanoTime() >= end) {
          String event = " did not come from " + expected.from() + " within " + deadline;
          throw failure(SILENT, expected, expected.what() + event, null);
        }
      } catch (ExecutionException e) {
        String event = expected.from() + " " + e.getCause().getMessage();
        throw failure(DISCONNECTED, expected, event, e.getCause());
      } catch (CancellationException e) {
        throw failure(STOPPED, expected, "the collectives are closed", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw failure(STOPPED, expected, "interrupted", e);
      }
    }
  }

  private static PeerException failure(
      PeerException.Reason reason, Expectation expected, String event, Throwable cause) {
    return new PeerException(reason, "Cannot " + expected.purpose() + ": " + event, cause);
  }
}
