package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import normuon.job.checkpoint.CheckpointSnapshot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BackgroundWritesTest {

  private final BackgroundWrites writes = new BackgroundWrites(Duration.ofSeconds(30));

  @Test
  void aWriteGoesOnWhileItsRankDoes() {
    CountDownLatch trained = new CountDownLatch(1);
    AtomicInteger written = new AtomicInteger();
    writes.begin(
        snapshot(),
        snapshot -> {
          pass(trained);
          written.incrementAndGet();
        });
    writes.requireSound();
    assertThat(written).hasValue(0);
    trained.countDown();

    writes.await();
    assertThat(written).hasValue(1);
    writes.await();
  }

  @Test
  void aWriteThatFailedFailsItsRankAtTheNextStep() {
    UncheckedIOException full = new UncheckedIOException("Cannot write", new IOException("full"));
    writes.begin(
        snapshot(),
        snapshot -> {
          throw full;
        });

    await().untilAsserted(() -> assertThatThrownBy(writes::requireSound).isSameAs(full));
    assertThatThrownBy(writes::await).isSameAs(full);
  }

  @Test
  void aStoreThatDoesNotAnswerFailsItsRank() {
    BackgroundWrites impatient = new BackgroundWrites(Duration.ofSeconds(1));
    CountDownLatch gate = new CountDownLatch(1);
    impatient.begin(snapshot(), snapshot -> pass(gate));

    assertThatThrownBy(impatient::await)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "Cannot write a checkpoint: the store has not taken it within"
                + " communication.deadline_seconds 1");
    gate.countDown();
    writes.begin(snapshot(), snapshot -> {});
    writes.await();
  }

  @Test
  void oneSnapshotAtATimeIsHeld() {
    CountDownLatch gate = new CountDownLatch(1);
    writes.begin(snapshot(), snapshot -> pass(gate));

    try (CheckpointSnapshot second = snapshot()) {
      assertThatThrownBy(() -> writes.begin(second, snapshot -> {}))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Cannot begin a write before the one before it has ended");
    }
    gate.countDown();
    writes.await();
  }

  private static CheckpointSnapshot snapshot() {
    return CheckpointSnapshot.of(List.of());
  }

  private static void pass(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
