package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import normuon.optimizer.shard.CollectiveException;
import normuon.optimizer.shard.Transfer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FailureTest {

  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final NDArray array = manager.zeros(new Shape(2, 3));

  @AfterEach
  void closeArrays() {
    manager.close();
  }

  @Test
  void aWaitEndsAtTheDeadlineAndNamesWhatItWaitedFor() {
    CommunicationOptions options = new CommunicationOptions(Duration.ofMillis(200), 1 << 10);
    try (Ranks ranks = Ranks.connect(2, options, () -> false)) {
      Transfer transfer = ranks.get(0).broadcast(1, new NDList(array));

      assertThatThrownBy(transfer::await)
          .isInstanceOf(CollectiveException.class)
          .hasMessage(
              "Cannot complete broadcast of owner 1 (call 0) on rank 0 of 2: bucket 0 did not come"
                  + " from rank 1 (127.0.0.1:%d) within PT0.2S",
              ranks.address(1).port());
    }
  }

  @Test
  void aPeerThatClosesEndsTheWaitAtOnce() throws Exception {
    try (Ranks ranks = Ranks.connect(3)) {
      CompletableFuture<double[]> waiting =
          CompletableFuture.supplyAsync(() -> ranks.get(0).allReduce(1));
      ranks.get(2).close();

      assertThatThrownBy(() -> ranks.get(1).allReduce(1)).isInstanceOf(CollectiveException.class);
      assertThatThrownBy(() -> waiting.get(1, TimeUnit.SECONDS))
          .hasCauseInstanceOf(CollectiveException.class)
          .hasMessageContaining(
              "Cannot complete all-reduce (call 0) on rank 0 of 3: rank 2 (127.0.0.1:%d) closed its"
                  + " connection",
              ranks.address(2).port());
    }
  }

  @Test
  void anOperationThatFailsGivesItsBuffersBack() {
    try (Ranks ranks = Ranks.connect(3)) {
      NDList whole = new NDList(manager.ones(new Shape(300, 257)));
      NDList rows = new NDList(manager.zeros(new Shape(100, 257)));
      NDList others = new NDList(manager.zeros(new Shape(100, 257)));
      CompletableFuture<Void> waiting =
          CompletableFuture.runAsync(() -> ranks.get(0).reduceScatter(whole, rows));
      ranks.get(2).close();

      assertThatThrownBy(() -> ranks.get(1).reduceScatter(whole, others))
          .isInstanceOf(CollectiveException.class);
      assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(CollectiveException.class);
      ranks.get(0).close();
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .untilAsserted(() -> assertThat(ranks.get(0).bufferBytes()).isZero());
    }
  }

  @Test
  void whatArrivedBeforeAPeerClosedIsNotLost() {
    try (Ranks ranks = Ranks.connect(2)) {
      ranks.get(1).broadcast(1, new NDList(manager.ones(new Shape(300, 257))));
      ranks.get(1).close();

      NDArray received = manager.zeros(new Shape(300, 257));
      ranks.get(0).broadcast(1, new NDList(received)).await();

      assertThat(received.toFloatArray()).containsOnly(1f);
    }
  }

  @Test
  void aTaskThatIsToStopDoesNotWait() {
    AtomicBoolean interrupted = new AtomicBoolean();
    try (Ranks ranks = Ranks.connect(2, Ranks.OPTIONS, interrupted::get)) {
      Transfer transfer = ranks.get(0).broadcast(1, new NDList(array));
      interrupted.set(true);

      assertThatThrownBy(transfer::await)
          .isInstanceOf(CollectiveException.class)
          .hasMessage(
              "Cannot complete broadcast of owner 1 (call 0) on rank 0 of 2: the task is being"
                  + " stopped");
    }
  }

  @Test
  void aTaskThatIsToStopDoesNotGoOn() {
    AtomicBoolean interrupted = new AtomicBoolean();
    try (Ranks ranks = Ranks.connect(2, Ranks.OPTIONS, interrupted::get)) {
      ranks.get(0).requireRunning();
      interrupted.set(true);

      assertThatThrownBy(() -> ranks.get(0).requireRunning())
          .isInstanceOf(PeerException.class)
          .hasMessage("Cannot go on on rank 0 of 2: the task is being stopped");
    }
  }

  @Test
  void ranksThatPassDifferentShapesAreTold() {
    try (Ranks ranks = Ranks.connect(2)) {
      ranks.get(1).broadcast(1, new NDList(array));
      Transfer transfer = ranks.get(0).broadcast(1, new NDList(manager.zeros(new Shape(2, 2))));

      assertThatThrownBy(transfer::await)
          .isInstanceOf(CollectiveException.class)
          .hasMessage(
              "Cannot complete broadcast of owner 1 (call 0) on rank 0 of 2: rank 1 (127.0.0.1:%d)"
                  + " sent 24 bytes for bucket 0, not 16; all ranks must pass arrays of the same"
                  + " shapes",
              ranks.address(1).port());
    }
  }

  @Test
  void aClosedRankSaysSo() {
    try (Ranks ranks = Ranks.connect(2)) {
      ranks.get(0).close();

      assertThatThrownBy(() -> ranks.get(0).allReduce(1))
          .isInstanceOf(CollectiveException.class)
          .hasMessage(
              "Cannot complete all-reduce (call 0) on rank 0 of 2: the collectives are closed");
    }
  }
}
