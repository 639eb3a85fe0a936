package normuon.job.comm;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import normuon.optimizer.shard.CollectiveException;

/**
 * Waits with a deadline that end early when the task is to stop: Spark does not wake a task that it
 * kills, the task must ask.
 *
 * @param deadline the longest wait
 * @param interrupted whether the task is to stop
 */
record Wait(Duration deadline, BooleanSupplier interrupted) {

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /**
   * Waits for a value.
   *
   * @param purpose what the value is needed for, such as "complete gather of owner 1 on rank 0"
   * @param missing what has not come if the deadline passes, such as "nothing came from rank 2"
   * @throws CollectiveException if the value does not come
   */
  <T> T until(CompletableFuture<T> value, Supplier<String> purpose, Supplier<String> missing) {
    long end = System.nanoTime() + deadline.toNanos();
    while (true) {
      if (interrupted.getAsBoolean()) {
        throw new CollectiveException("Cannot " + purpose.get() + ": the task is being stopped");
      }
      try {
        return value.get(Math.min(POLL_NANOS, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (System.nanoTime() >= end) {
          throw new CollectiveException(
              "Cannot " + purpose.get() + ": " + missing.get() + " within " + deadline, e);
        }
      } catch (ExecutionException e) {
        throw new CollectiveException(
            "Cannot " + purpose.get() + ": " + e.getCause().getMessage(), e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CollectiveException("Cannot " + purpose.get() + ": interrupted", e);
      }
    }
  }
}
