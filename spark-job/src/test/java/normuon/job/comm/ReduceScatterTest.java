package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import normuon.optimizer.shard.RowShard;
import normuon.optimizer.shard.ShardGroup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReduceScatterTest {

  /** Rows that do not divide by the ranks, vectors shorter than the ranks, and a large matrix. */
  private static final List<Shape> SHAPES =
      List.of(new Shape(7, 3), new Shape(4), new Shape(1, 5), new Shape(2), new Shape(301, 257));

  @ParameterizedTest(name = "{0} ranks in groups of {1}, buckets of {2} bytes")
  @CsvSource({
    "1, 1, 1024",
    "2, 2, 1024",
    "3, 3, 1024",
    "5, 5, 1024",
    "2, 2, 1048576",
    "3, 3, 131072",
    "2, 1, 131072",
    "4, 2, 1024",
    "4, 2, 1048576",
    "6, 3, 131072",
    "6, 2, 1024",
    "3, 1, 65536"
  })
  void leavesEveryRankItsRowsOfTheSumInRankOrder(int worldSize, int groupSize, long bucketBytes) {
    CommunicationOptions options = new CommunicationOptions(Duration.ofSeconds(20), bucketBytes);
    try (Ranks ranks = Ranks.connect(worldSize, groupSize, options, () -> false)) {
      List<List<float[]>> first = ranks.run(ReduceScatterTest::reduceScatter);
      List<List<float[]>> again = ranks.run(ReduceScatterTest::reduceScatter);

      for (int rank = 0; rank < worldSize; rank++) {
        for (int i = 0; i < SHAPES.size(); i++) {
          assertThat(first.get(rank).get(i))
              .as("rows of rank %d of parameter %s", rank, SHAPES.get(i))
              .isEqualTo(sumInRankOrder(i, new ShardGroup(worldSize, groupSize, rank)));
          assertThat(again.get(rank).get(i)).isEqualTo(first.get(rank).get(i));
        }
      }
    }
  }

  private static List<float[]> reduceScatter(TransportCollectives collectives, NDManager manager) {
    List<NDArray> whole = new ArrayList<>();
    List<NDArray> rows = new ArrayList<>();
    for (int i = 0; i < SHAPES.size(); i++) {
      whole.add(manager.create(summand(i, collectives.rank()), SHAPES.get(i)));
      rows.add(manager.zeros(rows(i, collectives.shardGroup())));
    }
    collectives.reduceScatter(whole, rows);
    return rows.stream().map(NDArray::toFloatArray).toList();
  }

  private static Shape rows(int parameter, ShardGroup group) {
    Shape shape = SHAPES.get(parameter);
    long rows = group.rows(shape.get(0)).rows();
    return shape.dimension() == 1 ? new Shape(rows) : new Shape(rows, shape.get(1));
  }

  /** Numbers of very different size, so that the order of summing shows in the last bits. */
  private static float[] summand(int parameter, int rank) {
    Random random = new Random(31L * parameter + rank);
    float[] values = new float[(int) SHAPES.get(parameter).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(6)));
    }
    return values;
  }

  private static float[] sumInRankOrder(int parameter, ShardGroup group) {
    float[] sum = summand(parameter, 0);
    for (int other = 1; other < group.worldSize(); other++) {
      float[] next = summand(parameter, other);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += next[i];
      }
    }
    Shape shape = SHAPES.get(parameter);
    RowShard shard = group.rows(shape.get(0));
    int columns = (int) (shape.size() / shape.get(0));
    return Arrays.copyOfRange(sum, (int) shard.start() * columns, (int) shard.end() * columns);
  }
}
