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
import normuon.optimizer.shard.RowShard;
import normuon.optimizer.shard.ShardGroup;
import normuon.torch.BFloat16;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows on their way to owners, to the ranks that hold them, and to all ranks of a group. */
class RowExchangeTest {

  /** Rows that do not divide by the ranks, fewer rows than ranks, and a large matrix. */
  private static final List<Shape> SHAPES =
      List.of(new Shape(7, 3), new Shape(1, 5), new Shape(2), new Shape(301, 257));

  private static final String GROUPS = "{0} ranks in groups of {1}, buckets of {2} bytes";

  @ParameterizedTest(name = GROUPS)
  @CsvSource({"1, 1, 1024", "3, 3, 1024", "4, 2, 1024", "6, 3, 1048576", "5, 5, 131072"})
  void theOwnerSendsEveryRankItsRows(int worldSize, int groupSize, long bucketBytes) {
    int owner = worldSize - 1;
    try (Ranks ranks = connect(worldSize, groupSize, bucketBytes)) {
      List<List<float[]>> received =
          ranks.run(
              (collectives, manager) -> {
                NDList whole = collectives.rank() == owner ? whole(manager, 1) : new NDList();
                NDList rows = zeros(manager, collectives.shardGroup());
                collectives.scatter(owner, whole, rows).await();
                collectives.allReduce(0);
                return values(rows);
              });

      for (int rank = 0; rank < worldSize; rank++) {
        ShardGroup group = new ShardGroup(worldSize, groupSize, rank);
        assertEqual(received.get(rank), expectedRows(group), "rows of rank " + rank);
      }
    }
  }

  @ParameterizedTest(name = GROUPS)
  @CsvSource({"1, 1, 1024", "3, 3, 1024", "4, 2, 1024", "6, 3, 1048576", "5, 5, 131072"})
  void everyRankGathersTheWeightsFromItsGroup(int worldSize, int groupSize, long bucketBytes) {
    try (Ranks ranks = connect(worldSize, groupSize, bucketBytes)) {
      List<List<float[]>> received =
          ranks.run(
              (collectives, manager) -> {
                NDList whole = whole(manager, 0);
                NDList rows = rows(manager, collectives.shardGroup());
                collectives.gatherWeights(rows, whole).await();
                // Awaited, nothing is sent from the rows any more.
                rows.forEach(array -> array.subi(1e6f));
                collectives.allReduce(0);
                return values(whole);
              });

      for (int rank = 0; rank < worldSize; rank++) {
        assertEqual(received.get(rank), expectedWhole(), "weights on rank " + rank);
      }
    }
  }

  /** On the rank that holds them, too; most values here are no bfloat16's. */
  @ParameterizedTest(name = GROUPS)
  @CsvSource({"1, 1, 1024", "3, 3, 1024", "4, 2, 1024", "6, 3, 1048576", "5, 5, 131072"})
  void everyRankGathersTheSameRoundedWeights(int worldSize, int groupSize, long bucketBytes) {
    try (Ranks ranks = connect(worldSize, groupSize, bucketBytes)) {
      List<List<float[]>> received =
          ranks.run(
              (collectives, manager) -> {
                NDList whole = whole(manager, 0);
                NDList rows = rows(manager, collectives.shardGroup());
                collectives.gatherRoundedWeights(rows, whole).await();
                collectives.allReduce(0);
                assertEqual(
                    values(rows), expectedRows(collectives.shardGroup()), "what the rank holds");
                return values(whole);
              });

      List<float[]> rounded = expectedWhole().stream().map(RowExchangeTest::rounded).toList();
      assertThat(rounded.get(3)[301 * 257 - 1]).isEqualTo(77_312f);
      for (int rank = 0; rank < worldSize; rank++) {
        assertEqual(received.get(rank), rounded, "weights on rank " + rank);
      }
    }
  }

  private static float[] rounded(float[] values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      short upper = BFloat16.round(Float.floatToRawIntBits(values[i]));
      rounded[i] = Float.intBitsToFloat(BFloat16.widen(upper));
    }
    return rounded;
  }

  @ParameterizedTest(name = GROUPS)
  @CsvSource({"4, 2, 1024", "6, 3, 1048576"})
  void onlyTheOwnersGroupSendsToTheOwner(int worldSize, int groupSize, long bucketBytes) {
    int owner = 1;
    try (Ranks ranks = connect(worldSize, groupSize, bucketBytes)) {
      List<List<float[]>> received =
          ranks.run(
              (collectives, manager) -> {
                NDList whole = whole(manager, 0);
                NDList rows = rows(manager, collectives.shardGroup());
                collectives.gather(owner, rows, whole).await();
                if (!collectives.shardGroup().isMember(owner)) {
                  assertThat(collectives.traffic().bytesSent())
                      .as("bytes sent by rank %d", collectives.rank())
                      .isZero();
                }
                collectives.allReduce(0);
                return values(whole);
              });

      assertEqual(received.get(owner), expectedWhole(), "what the owner gathered");
      assertThat(received.get(groupSize).get(3)).as("in another group").containsOnly(0f);
    }
  }

  /** A turn of the optimizer: rows go to their owner, and come back to where they were. */
  @Test
  void updatesArriveInTheArraysThatMomentumLeftFrom() {
    try (Ranks ranks = connect(4, 2, 1 << 20)) {
      List<List<float[]>> received =
          ranks.run(
              (collectives, manager) -> {
                NDList rows = rows(manager, collectives.shardGroup());
                NDList whole = whole(manager, 0);
                for (int turn = 0; turn < 20; turn++) {
                  collectives.gather(turn % 4, rows, whole).await();
                  if (collectives.rank() == turn % 4) {
                    whole.forEach(array -> array.addi(1));
                  }
                  collectives.scatter(turn % 4, whole, rows).await();
                  collectives.allReduce(0);
                }
                return values(rows);
              });

      for (int rank = 0; rank < 4; rank++) {
        List<float[]> expected = expectedRows(new ShardGroup(4, 2, rank));
        for (float[] values : expected) {
          for (int i = 0; i < values.length; i++) {
            values[i] += 20;
          }
        }
        assertEqual(received.get(rank), expected, "rows of rank " + rank);
      }
    }
  }

  @Test
  void refusesRowsThatAreNotThoseOfTheParameters() {
    try (Ranks ranks = Ranks.connect(1);
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDList rows = new NDList(manager.zeros(new Shape(2, 3)));
      NDList whole = new NDList(manager.zeros(new Shape(3, 3)));

      assertThatThrownBy(() -> ranks.get(0).scatter(0, whole, rows))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Invalid arrays of 6 elements: this rank's rows have 9");
      assertThatThrownBy(() -> ranks.get(0).scatter(-1, whole, rows))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Invalid owner -1: must be from 0 to 0");
    }
  }

  private static Ranks connect(int worldSize, int groupSize, long bucketBytes) {
    CommunicationOptions options = new CommunicationOptions(Duration.ofSeconds(20), bucketBytes);
    return Ranks.connect(worldSize, groupSize, options, () -> false);
  }

  /** Parameters whose elements are numbered, times a factor. */
  private static NDList whole(NDManager manager, int factor) {
    NDList whole = new NDList();
    for (Shape shape : SHAPES) {
      whole.add(numbered(manager, 0, shape.size()).mul(factor).reshape(shape));
    }
    return whole;
  }

  private static NDList rows(NDManager manager, ShardGroup group) {
    NDList rows = zeros(manager, group);
    for (int i = 0; i < SHAPES.size(); i++) {
      RowShard shard = group.rows(SHAPES.get(i).get(0));
      long columns = columns(SHAPES.get(i));
      if (!shard.isEmpty()) {
        NDArray own = numbered(manager, shard.start() * columns, shard.end() * columns);
        rows.set(i, own.reshape(rows.get(i).getShape()));
      }
    }
    return rows;
  }

  private static NDList zeros(NDManager manager, ShardGroup group) {
    NDList rows = new NDList();
    for (Shape shape : SHAPES) {
      long count = group.rows(shape.get(0)).rows();
      Shape own = shape.dimension() == 1 ? new Shape(count) : new Shape(count, shape.get(1));
      rows.add(manager.zeros(own));
    }
    return rows;
  }

  private static NDArray numbered(NDManager manager, long start, long end) {
    return manager.arange((float) start, (float) end, 1f);
  }

  private static long columns(Shape shape) {
    return shape.size() / shape.get(0);
  }

  private static List<float[]> expectedWhole() {
    return expectedRows(ShardGroup.whole(1, 0));
  }

  private static List<float[]> expectedRows(ShardGroup group) {
    List<float[]> expected = new ArrayList<>();
    for (Shape shape : SHAPES) {
      RowShard shard = group.rows(shape.get(0));
      float[] values = new float[(int) (shard.rows() * columns(shape))];
      for (int i = 0; i < values.length; i++) {
        values[i] = shard.start() * columns(shape) + i;
      }
      expected.add(values);
    }
    return expected;
  }

  private static List<float[]> values(NDList arrays) {
    return arrays.stream().map(NDArray::toFloatArray).toList();
  }

  private static void assertEqual(List<float[]> actual, List<float[]> expected, String what) {
    for (int i = 0; i < SHAPES.size(); i++) {
      assertThat(actual.get(i))
          .as("%s, parameter %s", what, SHAPES.get(i))
          .isEqualTo(expected.get(i));
    }
  }
}
