package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import normuon.job.comm.Ranks;
import org.junit.jupiter.api.Test;

class BackgroundOperationsTest {

  private static final long A_WHILE_NANOS = 300_000_000;

  /** Spark interrupts the tasks of a stage that fails, and arrays are freed right afterwards. */
  @Test
  void closingWaitsForWhatRunsAlsoWhenInterrupted() {
    try (Ranks ranks = Ranks.connect(1)) {
      List<Boolean> ended =
          ranks.run(
              (collectives, manager) -> {
                BackgroundOperations operations = new BackgroundOperations("test", collectives);
                AtomicBoolean done = new AtomicBoolean();
                CountDownLatch begun = new CountDownLatch(1);
                operations.submit(
                    () -> {
                      begun.countDown();
                      copy();
                      done.set(true);
                    });
                begun.await();

                Thread.currentThread().interrupt();
                operations.close();

                assertThat(Thread.interrupted()).as("interruption is kept").isTrue();
                return done.get();
              });

      assertThat(ended).containsExactly(true);
    }
  }

  /** As a copy of memory, it knows of no interruption. */
  private static void copy() {
    long end = System.nanoTime() + A_WHILE_NANOS;
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
