package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.time.Duration;
import java.util.List;
import normuon.optimizer.shard.RowShard;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What ranks receive when values travel in bfloat16. */
class WirePrecisionTest {

  /** A third has no end in binary; its nearest bfloat16 is above it. */
  private static final float THIRD = 1 / 3f;

  private static final float ROUNDED_THIRD = 0.333984375f;
  private static final long COLUMNS = 257;

  @ParameterizedTest(name = "{0} ranks, buckets of {1} bytes")
  @CsvSource({"2, 1024", "3, 1024", "2, 1048576", "3, 1048576"})
  void theRankThatSendsKeepsWhatTheOthersReceive(int worldSize, long bucketBytes) {
    try (Ranks ranks = connect(worldSize, bucketBytes)) {
      List<float[]> received =
          ranks.run(
              (collectives, manager) -> {
                boolean owner = collectives.rank() == 1;
                NDArray update = manager.full(new Shape(500, COLUMNS), owner ? THIRD : 0);
                NDArray whole = manager.zeros(new Shape(301, COLUMNS));
                NDArray rows = rows(collectives, manager, 301);
                collectives.broadcast(1, new NDList(update)).await();
                collectives.allGather(new NDList(rows), new NDList(whole)).await();
                return update.flatten().concat(whole.flatten()).toFloatArray();
              });

      assertThat(received).allSatisfy(values -> assertThat(values).containsOnly(ROUNDED_THIRD));
    }
  }

  @Test
  void theOwnerCollectsItsOwnRowsRounded() {
    try (Ranks ranks = connect(2, 1 << 20)) {
      List<float[]> wholes =
          ranks.run(
              (collectives, manager) -> {
                NDArray whole = manager.zeros(new Shape(7, COLUMNS));
                NDList rows = new NDList(rows(collectives, manager, 7));
                collectives.gather(0, rows, new NDList(whole)).await();
                assertThat(rows.get(0).toFloatArray()).as("what is sent").containsOnly(THIRD);
                return whole.toFloatArray();
              });

      assertThat(wholes.get(0)).containsOnly(ROUNDED_THIRD);
    }
  }

  /** 256 + 1/3 + 1/3 in bfloat16 would stay 256. */
  @Test
  void summandsAreRoundedAndTheirSumIsNot() {
    try (Ranks ranks = connect(3, 1 << 20)) {
      List<float[]> sums =
          ranks.run(
              (collectives, manager) -> {
                float summand = collectives.rank() == 0 ? 256 : THIRD;
                NDArray rows = rows(collectives, manager, 7);
                NDArray whole = manager.full(new Shape(7, COLUMNS), summand);
                collectives.reduceScatter(new NDList(whole), new NDList(rows));
                return rows.toFloatArray();
              });

      assertThat(sums)
          .allSatisfy(sum -> assertThat(sum).containsOnly(256 + ROUNDED_THIRD + ROUNDED_THIRD));
    }
  }

  /** Between groups 256 + 2/3 becomes 256, and so does 256 + 2/3 at the end. */
  @Test
  void sumsOfGroupsAreRoundedToTheSameBitsEverywhere() {
    try (Ranks ranks = connectGroups(4, 2)) {
      List<float[]> sums =
          ranks.run(
              (collectives, manager) -> {
                float summand = collectives.rank() == 0 ? 256 : THIRD;
                NDArray rows = rows(collectives, manager, 7);
                NDArray whole = manager.full(new Shape(7, COLUMNS), summand);
                collectives.reduceScatter(new NDList(whole), new NDList(rows));
                return rows.toFloatArray();
              });

      assertThat(sums).allSatisfy(sum -> assertThat(sum).containsOnly(256f));
    }
  }

  @Test
  void oneRankRoundsNothing() {
    try (Ranks ranks = connect(1, 1 << 20)) {
      List<float[]> values =
          ranks.run(
              (collectives, manager) -> {
                NDArray array = manager.full(new Shape(3), THIRD);
                NDArray rows = manager.zeros(new Shape(3));
                collectives.broadcast(0, new NDList(array)).await();
                collectives.reduceScatter(new NDList(array), new NDList(rows));
                return rows.toFloatArray();
              });

      assertThat(values.get(0)).containsOnly(THIRD);
    }
  }

  @Test
  void halfTheBytesTravel() {
    try (Ranks ranks = connect(2, 1 << 20)) {
      ranks.run(
          (collectives, manager) -> {
            collectives.broadcast(0, new NDList(manager.ones(new Shape(500, COLUMNS)))).await();
            return collectives.allReduce(0);
          });

      assertThat(ranks.get(0).traffic().bytesSent())
          .isEqualTo(500 * COLUMNS * Short.BYTES + Double.BYTES);
    }
  }

  private static Ranks connectGroups(int worldSize, int groupSize) {
    CommunicationOptions options = new CommunicationOptions(Duration.ofSeconds(20), 1 << 20);
    return Ranks.connect(worldSize, groupSize, options.with(WirePrecision.BF16), () -> false);
  }

  private static Ranks connect(int worldSize, long bucketBytes) {
    CommunicationOptions options = new CommunicationOptions(Duration.ofSeconds(20), bucketBytes);
    return Ranks.connect(worldSize, options.with(WirePrecision.BF16), () -> false);
  }

  /** This rank's rows of a matrix that is a third everywhere. */
  private static NDArray rows(TransportCollectives collectives, NDManager manager, long rows) {
    RowShard shard = collectives.shardGroup().rows(rows);
    return manager.full(new Shape(shard.rows(), COLUMNS), THIRD);
  }
}
