package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import normuon.optimizer.shard.RowShard;
import normuon.optimizer.shard.ShardGroup;
import normuon.optimizer.shard.Transfer;
import normuon.torch.BFloat16;
import normuon.torch.HostBuffers;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Rows of parameters whose every element is another number, between ranks whose values travel in
 * bfloat16, compared bit by bit on every rank.
 */
class RoundedRowsTest {

  /** Rows that do not divide by the ranks, fewer rows than ranks, and a large matrix. */
  private static final List<Shape> SHAPES =
      List.of(new Shape(7, 3), new Shape(1, 5), new Shape(2), new Shape(301, 257));

  /** Infinities, not a number, a tie of either kind and one of either sign, what overflows. */
  private static final int[] SPECIAL = {
    0x7f800000,
    0xff800000,
    0x7fc00000,
    0xffc12345,
    0x3f808000,
    0x3f818000,
    0xbf808000,
    0xbf818000,
    0x7f7f8000,
    0xff7fffff,
    0x00008000,
    0x80018000,
    0x80000000
  };

  private static final String GROUPS = "{0} ranks in groups of {1}, buckets of {2} bytes";

  @ParameterizedTest(name = GROUPS)
  @CsvSource({"2, 2, 1024", "4, 2, 131072", "4, 1, 1024", "5, 5, 131072"})
  void everyRankReceivesItsRowsRounded(int worldSize, int groupSize, long bucketBytes) {
    try (Ranks ranks = connect(worldSize, groupSize, bucketBytes)) {
      for (int owner = 0; owner < worldSize; owner++) {
        int sender = owner;
        List<List<int[]>> received =
            ranks.run(
                (collectives, manager) -> {
                  NDList whole = arrays(manager, ShardGroup.whole(1, 0));
                  NDList rows = arrays(manager, collectives.shardGroup());
                  rows.forEach(array -> array.muli(0));
                  boolean sends = collectives.rank() == sender;
                  Transfer transfer =
                      collectives.scatter(sender, sends ? whole : new NDList(), rows);
                  transfer.await();
                  collectives.allReduce(0);
                  assertEqual(bits(whole), expected(ShardGroup.whole(1, 0), bits -> bits), "sent");
                  return bits(rows);
                });

        for (int rank = 0; rank < worldSize; rank++) {
          ShardGroup group = new ShardGroup(worldSize, groupSize, rank);
          assertEqual(
              received.get(rank),
              expected(group, RoundedRowsTest::rounded),
              "rows of rank %d from %d".formatted(rank, owner));
        }
      }
    }
  }

  @ParameterizedTest(name = GROUPS)
  @CsvSource({"1, 1, 1024", "2, 2, 1024", "4, 2, 131072", "4, 1, 1024", "5, 5, 131072"})
  void everyRankGathersWeightsAsTheyAreOrRounded(int worldSize, int groupSize, long bucketBytes) {
    try (Ranks ranks = connect(worldSize, groupSize, bucketBytes)) {
      List<List<List<int[]>>> gathered =
          ranks.run(
              (collectives, manager) -> {
                NDList rows = arrays(manager, collectives.shardGroup());
                NDList exact = zeros(manager);
                NDList rounded = zeros(manager);
                Transfer first = collectives.gatherWeights(rows, exact);
                Transfer second = collectives.gatherRoundedWeights(rows, rounded);
                second.await();
                first.await();
                collectives.allReduce(0);
                assertEqual(
                    bits(rows), expected(collectives.shardGroup(), bits -> bits), "what is held");
                return List.of(bits(exact), bits(rounded));
              });

      ShardGroup all = ShardGroup.whole(1, 0);
      for (int rank = 0; rank < worldSize; rank++) {
        List<List<int[]>> own = gathered.get(rank);
        assertEqual(own.get(0), expected(all, bits -> bits), "exact on rank " + rank);
        assertEqual(own.get(1), expected(all, RoundedRowsTest::rounded), "rounded on rank " + rank);
      }
    }
  }

  private static Ranks connect(int worldSize, int groupSize, long bucketBytes) {
    CommunicationOptions options = new CommunicationOptions(Duration.ofSeconds(20), bucketBytes);
    return Ranks.connect(worldSize, groupSize, options.with(WirePrecision.BF16), () -> false);
  }

  private static int rounded(int bits) {
    return BFloat16.widen(BFloat16.round(bits));
  }

  /** The bits of a parameter: any there are, with special ones in between and in every row. */
  private static int[] parameter(Shape shape) {
    Random random = new Random(shape.size());
    return IntStream.range(0, (int) shape.size())
        .map(i -> i % 2 == 0 ? SPECIAL[i / 2 % SPECIAL.length] : random.nextInt())
        .toArray();
  }

  private static List<int[]> expected(ShardGroup group, IntUnaryOperator form) {
    List<int[]> expected = new ArrayList<>();
    for (Shape shape : SHAPES) {
      RowShard shard = group.rows(shape.get(0));
      int columns = (int) (shape.size() / shape.get(0));
      int[] rows =
          Arrays.copyOfRange(
              parameter(shape), (int) shard.start() * columns, (int) shard.end() * columns);
      expected.add(Arrays.stream(rows).map(form).toArray());
    }
    return expected;
  }

  private static NDList arrays(NDManager manager, ShardGroup group) {
    NDList arrays = new NDList();
    for (int i = 0; i < SHAPES.size(); i++) {
      int[] values = expected(group, bits -> bits).get(i);
      long rows = group.rows(SHAPES.get(i).get(0)).rows();
      Shape shape =
          SHAPES.get(i).dimension() == 1 ? new Shape(rows) : new Shape(rows, SHAPES.get(i).get(1));
      NDArray array = manager.zeros(shape);
      ByteBuffer bytes = buffer(values.length);
      bytes.asIntBuffer().put(values);
      HostBuffers.write(bytes, array, 0, values.length);
      arrays.add(array);
    }
    return arrays;
  }

  private static NDList zeros(NDManager manager) {
    return new NDList(SHAPES.stream().map(manager::zeros).toArray(NDArray[]::new));
  }

  private static List<int[]> bits(NDList arrays) {
    return arrays.stream().map(RoundedRowsTest::bits).toList();
  }

  private static int[] bits(NDArray array) {
    int[] bits = new int[(int) array.size()];
    ByteBuffer bytes = buffer(bits.length);
    HostBuffers.read(array, 0, bits.length, bytes);
    bytes.flip().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(bits);
    return bits;
  }

  private static ByteBuffer buffer(int values) {
    return ByteBuffer.allocateDirect(values * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void assertEqual(List<int[]> actual, List<int[]> expected, String what) {
    for (int i = 0; i < SHAPES.size(); i++) {
      assertThat(actual.get(i)).as("%s, %s", what, SHAPES.get(i)).isEqualTo(expected.get(i));
    }
  }
}
