package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import normuon.optimizer.shard.CollectiveException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Three threads of a rank, as a step has them: training, gathering weights, reducing gradients. */
class ConcurrentOperationsTest {

  private static final int ROUNDS = 200;
  private static final long ROWS = 61;
  private static final long COLUMNS = 1031;

  /** Beyond what a step of these sizes takes; a wait that only its deadline ends fails the test. */
  private static final long SOON_SECONDS = 2;

  /** What one of the three threads does. */
  @FunctionalInterface
  private interface ThreadWork {
    void run(TransportCollectives collectives, NDManager manager);
  }

  @ParameterizedTest(name = "{0} ranks in groups of {1}, buckets of {2} bytes")
  @CsvSource({"2, 2, 65536", "4, 2, 262144"})
  void threadsDoNotDisturbEachOther(int worldSize, int groupSize, long bucketBytes) {
    try (Ranks ranks = connect(worldSize, groupSize, bucketBytes)) {
      ranks.run(
          (collectives, manager) -> {
            List<Future<?>> threads =
                start(
                    collectives,
                    ConcurrentOperationsTest::train,
                    ConcurrentOperationsTest::gatherWeights,
                    ConcurrentOperationsTest::reduce);
            for (Future<?> thread : threads) {
              thread.get(50, TimeUnit.SECONDS);
            }
            return collectives.rank();
          });
    }
  }

  private static void train(TransportCollectives collectives, NDManager manager) {
    NDArray rows = rows(collectives, manager);
    NDArray whole = manager.zeros(new Shape(ROWS, COLUMNS));
    for (int round = 0; round < ROUNDS; round++) {
      int owner = round % collectives.worldSize();
      fill(rows, round);
      collectives.gather(owner, new NDList(rows), new NDList(whole)).await();
      if (collectives.rank() == owner) {
        assertAll(whole, round, "gathered");
        fill(whole, -round);
      }
      collectives.scatter(owner, new NDList(whole), new NDList(rows)).await();
      assertAll(rows, -round, "scattered");
      assertThat(collectives.allReduce(round)).containsExactly(round * collectives.worldSize());
    }
  }

  private static void gatherWeights(TransportCollectives collectives, NDManager manager) {
    NDArray rows = rows(collectives, manager);
    NDArray whole = manager.zeros(new Shape(ROWS, COLUMNS));
    for (int round = 0; round < ROUNDS; round++) {
      fill(rows, 0.5f + round);
      collectives.gatherWeights(new NDList(rows), new NDList(whole)).await();
      assertAll(whole, 0.5f + round, "weights");
    }
  }

  private static void reduce(TransportCollectives collectives, NDManager manager) {
    NDArray rows = rows(collectives, manager);
    NDArray whole = manager.zeros(new Shape(ROWS, COLUMNS));
    for (int round = 0; round < ROUNDS; round++) {
      fill(whole, 0.25f + round);
      collectives.reduceScatter(new NDList(whole), new NDList(rows));
      assertAll(rows, collectives.worldSize() * (0.25f + round), "sums");
    }
  }

  @Test
  void aThreadThatFailsEndsTheWaitsOfTheOthers() throws Exception {
    try (Ranks ranks = connect(2, 2, 65536);
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      TransportCollectives collectives = ranks.get(0);
      List<Future<?>> waiting = startWaiting(collectives, manager);

      collectives.abort(new IllegalStateException("out of luck"));
      collectives.abort(new IllegalStateException("too late"));

      String trouble = " on rank 0 of 2: another operation of this rank has failed: out of luck";
      List<String> calls =
          List.of("all-reduce (call 0)", "gather of weights (call 0)", "reduce-scatter (call 0)");
      for (int i = 0; i < calls.size(); i++) {
        Future<?> thread = waiting.get(i);
        assertThatThrownBy(() -> thread.get(SOON_SECONDS, TimeUnit.SECONDS))
            .cause()
            .isInstanceOf(CollectiveException.class)
            .hasMessage("Cannot complete " + calls.get(i) + trouble)
            .hasRootCauseMessage("out of luck");
      }
      assertThatThrownBy(collectives::requireRunning)
          .isInstanceOf(CollectiveException.class)
          .hasMessage("Cannot go on" + trouble);
    }
  }

  @Test
  void aRankThatDiesEndsTheWaitsOfAllThreads() throws Exception {
    try (Ranks ranks = connect(3, 3, 65536);
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      List<Future<?>> waiting = new ArrayList<>();
      for (int rank = 0; rank < 2; rank++) {
        waiting.addAll(startWaiting(ranks.get(rank), manager));
      }

      ranks.get(2).close();

      for (Future<?> thread : waiting) {
        assertThatThrownBy(() -> thread.get(SOON_SECONDS, TimeUnit.SECONDS))
            .cause()
            .isInstanceOf(PeerException.class)
            .hasMessageContaining("rank 2 (127.0.0.1:%d) ", ranks.address(2).port());
      }
    }
  }

  @Test
  void aRankThatHasFailedClosesAtOnce() throws Exception {
    Ranks ranks = connect(2, 2, 65536);
    ranks.get(0).abort(new IllegalStateException("out of luck"));

    CompletableFuture.runAsync(ranks::close).get(10, TimeUnit.SECONDS);
  }

  /** Threads that wait for peers which do not come. */
  private static List<Future<?>> startWaiting(TransportCollectives collectives, NDManager manager) {
    NDArray whole = manager.zeros(new Shape(ROWS, COLUMNS));
    NDArray gathered = manager.zeros(new Shape(ROWS, COLUMNS));
    NDArray rows = rows(collectives, manager);
    NDArray sums = rows(collectives, manager);
    return start(
        collectives,
        (same, unused) -> same.allReduce(1),
        (same, unused) -> same.gatherWeights(new NDList(rows), new NDList(gathered)).await(),
        (same, unused) -> same.reduceScatter(new NDList(whole), new NDList(sums)));
  }

  private static List<Future<?>> start(TransportCollectives collectives, ThreadWork... works) {
    ExecutorService threads = Executors.newFixedThreadPool(works.length);
    List<Future<?>> running = new ArrayList<>();
    for (ThreadWork work : works) {
      running.add(
          threads.submit(
              () -> {
                try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
                  work.run(collectives, manager);
                }
              }));
    }
    threads.shutdown();
    return running;
  }

  private static Ranks connect(int worldSize, int groupSize, long bucketBytes) {
    // Long enough that no wait ends by itself before the test has failed.
    CommunicationOptions options = new CommunicationOptions(Duration.ofSeconds(60), bucketBytes);
    return Ranks.connect(worldSize, groupSize, options, () -> false);
  }

  private static NDArray rows(TransportCollectives collectives, NDManager manager) {
    return manager.zeros(new Shape(collectives.shardGroup().rows(ROWS).rows(), COLUMNS));
  }

  private static void fill(NDArray array, float value) {
    array.muli(0).addi(value);
  }

  private static void assertAll(NDArray array, float expected, String what) {
    assertThat(new float[] {array.min().getFloat(), array.max().getFloat()})
        .as("smallest and largest of what was %s", what)
        .containsExactly(expected, expected);
  }
}
