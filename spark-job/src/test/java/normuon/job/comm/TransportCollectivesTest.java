package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import normuon.optimizer.shard.RowShard;
import normuon.optimizer.shard.Transfer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransportCollectivesTest {

  private static final long COLUMNS = 257;
  private static final CommunicationOptions LARGE_BUCKETS =
      new CommunicationOptions(Duration.ofSeconds(20), 1 << 20);

  @ParameterizedTest(name = "{0} ranks")
  @ValueSource(ints = {1, 2, 3, 5})
  void everyRankGetsTheSameBitsOfASum(int worldSize) {
    try (Ranks ranks = Ranks.connect(worldSize)) {
      List<double[]> sums =
          ranks.run((collectives, manager) -> collectives.allReduce(0.1 + collectives.rank(), 1));

      double expected = 0;
      for (int rank = 0; rank < worldSize; rank++) {
        expected += 0.1 + rank;
      }
      for (double[] sum : sums) {
        assertThat(sum).containsExactly(expected, worldSize);
      }
    }
  }

  @ParameterizedTest(name = "{0} ranks")
  @ValueSource(ints = {1, 2, 3, 5})
  void theOwnerGathersAllRows(int worldSize) {
    try (Ranks ranks = Ranks.connect(worldSize)) {
      List<float[]> wholes =
          ranks.run(
              (collectives, manager) -> {
                NDArray whole = manager.zeros(new Shape(7, COLUMNS));
                NDArray vector = manager.zeros(new Shape(3));
                NDList rows =
                    new NDList(rows(collectives, manager, 7), vector(collectives, manager));
                collectives.gather(0, rows, new NDList(whole, vector)).await();
                return whole
                    .concat(vector.flatten().reshape(3, 1).repeat(1, COLUMNS))
                    .toFloatArray();
              });

      assertThat(wholes.get(0)).isEqualTo(numbered(7, 3));
      if (worldSize > 1) {
        assertThat(wholes.get(1)).containsOnly(0f);
      }
    }
  }

  @Test
  void everyRankGathersAllRows() {
    try (Ranks ranks = Ranks.connect(3)) {
      List<float[]> wholes =
          ranks.run(
              (collectives, manager) -> {
                NDArray whole = manager.zeros(new Shape(7, COLUMNS));
                NDList rows = new NDList(rows(collectives, manager, 7));
                collectives.allGather(rows, new NDList(whole)).await();
                return whole.toFloatArray();
              });

      assertThat(wholes).allSatisfy(whole -> assertThat(whole).isEqualTo(numbered(7, 0)));
    }
  }

  /** Some messages take the short way, some are streams, and some have several buckets. */
  @ParameterizedTest(name = "{0} rows")
  @ValueSource(ints = {1, 64, 300, 1000})
  void callsWithDifferentOwnersMayComeInAnyOrder(int height) {
    CommunicationOptions options = new CommunicationOptions(Duration.ofSeconds(20), 1 << 19);
    try (Ranks ranks = Ranks.connect(3, options, () -> false)) {
      List<List<float[]>> received =
          ranks.run(
              (collectives, manager) -> {
                List<NDArray> arrays = new ArrayList<>();
                Transfer[] transfers = new Transfer[6];
                for (int i = 0; i < 6; i++) {
                  float value = collectives.rank() == i % 3 ? 10 + i : 0;
                  arrays.add(manager.full(new Shape(height, COLUMNS), value));
                }
                for (int k = 0; k < 6; k++) {
                  // Each rank begins with another owner, and keeps the order of each owner.
                  int i = k / 3 * 3 + (k + collectives.rank()) % 3;
                  transfers[i] = collectives.broadcast(i % 3, new NDList(arrays.get(i)));
                }
                for (int i = 5; i >= 0; i--) {
                  transfers[i].await();
                }
                return arrays.stream().map(NDArray::toFloatArray).toList();
              });

      for (int rank = 0; rank < 3; rank++) {
        for (int i = 0; i < 6; i++) {
          float[] expected = new float[(int) (height * COLUMNS)];
          Arrays.fill(expected, 10f + i);
          assertThat(received.get(rank).get(i)).as("array %d", i).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void whatWasSentMayBeChangedAfterABlockingOperation() {
    try (Ranks ranks = Ranks.connect(2, LARGE_BUCKETS, () -> false)) {
      List<float[]> received =
          ranks.run(
              (collectives, manager) -> {
                NDArray array = manager.full(new Shape(1000, COLUMNS), (float) collectives.rank());
                if (collectives.rank() == 1) {
                  collectives.broadcast(1, new NDList(array));
                  collectives.allReduce(0);
                  array.addi(5);
                } else {
                  collectives.allReduce(0);
                  collectives.broadcast(1, new NDList(array)).await();
                }
                return array.toFloatArray();
              });

      assertThat(received.get(0)).containsOnly(1f);
    }
  }

  @Test
  void anArrayMayBeClosedWhileItIsSentOrReceived() {
    try (Ranks ranks = Ranks.connect(2, LARGE_BUCKETS, () -> false)) {
      List<float[]> received =
          ranks.run(
              (collectives, manager) -> {
                NDArray kept = manager.zeros(new Shape(1000, COLUMNS));
                try (NDManager shortLived = manager.newSubManager()) {
                  NDArray closed = shortLived.ones(new Shape(1000, COLUMNS));
                  collectives.broadcast(0, new NDList(closed));
                }
                collectives.broadcast(0, new NDList(kept)).await();
                collectives.allReduce(0);
                return kept.toFloatArray();
              });

      assertThat(received.get(1)).containsOnly(0f);
    }
  }

  @Test
  void aMessageThatIsWaitedForTakesNoBuffer() {
    try (Ranks ranks = Ranks.connect(2, LARGE_BUCKETS, () -> false)) {
      List<Long> buffers =
          ranks.run(
              (collectives, manager) -> {
                NDArray array = manager.full(new Shape(1000, COLUMNS), 3f - collectives.rank());
                if (collectives.rank() == 0) {
                  Transfer transfer = collectives.broadcast(1, new NDList(array));
                  collectives.allReduce(0);
                  transfer.await();
                } else {
                  collectives.allReduce(0);
                  collectives.broadcast(1, new NDList(array));
                }
                assertThat(array.toFloatArray()).containsOnly(2f);
                return collectives.bufferBytes();
              });

      assertThat(buffers).allSatisfy(bytes -> assertThat(bytes).isLessThan(4 << 10));
    }
  }

  @Test
  void aTransferMayBeAwaitedTwice() {
    try (Ranks ranks = Ranks.connect(2)) {
      List<Float> received =
          ranks.run(
              (collectives, manager) -> {
                NDArray array = manager.create((float) collectives.rank());
                Transfer transfer = collectives.broadcast(1, new NDList(array));
                transfer.await();
                transfer.await();
                return array.getFloat();
              });

      assertThat(received).containsExactly(1f, 1f);
    }
  }

  @Test
  void buffersDoNotGrowOnceTheSizesAreKnown() {
    try (Ranks ranks = Ranks.connect(2)) {
      List<Long> growth =
          ranks.run(
              (collectives, manager) -> {
                NDList whole = new NDList(manager.ones(new Shape(301, COLUMNS)));
                NDList rows = new NDList(rows(collectives, manager, 301));
                long before = 0;
                for (int step = 0; step < 60; step++) {
                  if (step == 30) {
                    before = collectives.bufferBytes();
                  }
                  collectives.reduceScatter(whole, rows);
                  collectives.gather(step % 2, rows, whole).await();
                  collectives.broadcast(step % 2, whole).await();
                }
                return collectives.bufferBytes() - before;
              });

      // The ranks' threads are timed differently each step, so a few more buckets may wait; a leak
      // would
      // be thirty times as large.
      assertThat(growth)
          .allSatisfy(bytes -> assertThat(bytes).isLessThan(301 * COLUMNS * Float.BYTES));
    }
  }

  @Test
  void sumsMoreNumbersThanOneMessageHolds() {
    double[] values = IntStream.range(0, 500).mapToDouble(i -> i / 7.0).toArray();
    CommunicationOptions small = new CommunicationOptions(Duration.ofSeconds(20), 1024);
    try (Ranks ranks = Ranks.connect(3, small, () -> false)) {
      List<double[]> sums = ranks.run((collectives, manager) -> collectives.allReduce(values));

      double[] expected = Arrays.stream(values).map(value -> value + value + value).toArray();
      assertThat(sums).allSatisfy(sum -> assertThat(sum).isEqualTo(expected));
    }
  }

  @Test
  void countsBytes() {
    try (Ranks ranks = Ranks.connect(2)) {
      ranks.run((collectives, manager) -> collectives.allReduce(1, 2, 3));

      assertThat(ranks.get(0).traffic().bytesSent()).isEqualTo(24);
      assertThat(ranks.get(0).traffic().bytesReceived()).isEqualTo(24);
    }
  }

  @Test
  void nothingIsLeftAfterClosing() {
    Ranks ranks = Ranks.connect(3);
    ranks.run(
        (collectives, manager) -> {
          collectives.allReduce(1);
          // Never awaited: the message waits in the mailbox.
          collectives.broadcast(0, new NDList(manager.ones(new Shape(1000, COLUMNS))));
          return collectives.allReduce(1);
        });
    ranks.close();

    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              assertThat(Thread.getAllStackTraces().keySet())
                  .noneMatch(thread -> thread.getName().startsWith("normuon-"));
              for (int rank = 0; rank < 3; rank++) {
                assertThat(ranks.get(rank).bufferBytes()).as("buffers of rank %d", rank).isZero();
              }
            });
  }

  @Test
  void refusesArraysThatAreNotTheRanksRows() {
    try (Ranks ranks = Ranks.connect(1);
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDList rows = new NDList(manager.zeros(new Shape(2, 3)));
      NDList whole = new NDList(manager.zeros(new Shape(3, 3)));
      TransportCollectives collectives = ranks.get(0);

      assertThatThrownBy(() -> collectives.reduceScatter(whole, rows))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Invalid arrays of 6 elements: this rank's rows have 9");
      assertThatThrownBy(() -> collectives.gather(1, rows, whole))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Invalid owner 1: must be from 0 to 0");
    }
  }

  /** The rows of this rank of a matrix whose elements are numbered. */
  private static NDArray rows(TransportCollectives collectives, NDManager manager, long rows) {
    RowShard shard = RowShard.of(rows, collectives.worldSize(), collectives.rank());
    if (shard.isEmpty()) {
      return manager.create(new Shape(0, COLUMNS));
    }
    return manager
        .arange(shard.start() * (float) COLUMNS, shard.end() * (float) COLUMNS, 1f)
        .reshape(shard.rows(), COLUMNS);
  }

  /** The rows of this rank of the vector (1, 1, 1). */
  private static NDArray vector(TransportCollectives collectives, NDManager manager) {
    RowShard shard = RowShard.of(3, collectives.worldSize(), collectives.rank());
    return shard.isEmpty() ? manager.create(new Shape(0)) : manager.ones(new Shape(shard.rows()));
  }

  private static float[] numbered(int rows, int ones) {
    float[] values = new float[(int) ((rows + ones) * COLUMNS)];
    for (int i = 0; i < values.length; i++) {
      values[i] = i < rows * COLUMNS ? i : 1;
    }
    return values;
  }
}
