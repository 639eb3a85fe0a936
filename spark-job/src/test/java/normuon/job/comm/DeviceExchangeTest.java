package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import normuon.optimizer.shard.RowShard;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Arrays that are not in host memory pass through it, with the same bits. */
class DeviceExchangeTest {

  private static final long ROWS = 301;
  private static final long COLUMNS = 257;
  private static final int STEPS = 400;
  private static final int BUCKET_BYTES = 1 << 18;

  @ParameterizedTest(name = "{0} ranks, buckets of {1} bytes, {2}")
  @CsvSource({"2, 1048576, F32", "3, 65536, F32", "2, 1024, F32", "3, 1048576, BF16"})
  void everyOperationGivesTheBitsOfArraysInHostMemory(
      int worldSize, long bucketBytes, WirePrecision precision) {
    List<List<float[]>> onHost = exchange(worldSize, bucketBytes, precision, NDList::new);
    List<List<float[]>> onDevice = exchange(worldSize, bucketBytes, precision, DeviceArrays::of);

    for (int rank = 0; rank < worldSize; rank++) {
      for (int i = 0; i < onHost.get(rank).size(); i++) {
        assertThat(onDevice.get(rank).get(i))
            .as("result %d of rank %d", i, rank)
            .isEqualTo(onHost.get(rank).get(i));
      }
    }
  }

  private static List<List<float[]>> exchange(
      int worldSize, long bucketBytes, WirePrecision precision, Function<NDArray, NDList> place) {
    try (Ranks ranks = connect(worldSize, bucketBytes, precision)) {
      return ranks.run(
          (collectives, manager) -> {
            NDArray gradient = random(manager, ROWS, collectives.rank());
            NDArray rows = manager.zeros(new Shape(rows(collectives), COLUMNS));
            NDArray collected = manager.zeros(new Shape(ROWS, COLUMNS));
            NDArray update = random(manager, 100, collectives.rank());
            NDArray everywhere = manager.zeros(new Shape(ROWS, COLUMNS));

            collectives.reduceScatter(place.apply(gradient), place.apply(rows));
            collectives.gather(1, place.apply(rows), place.apply(collected)).await();
            collectives.broadcast(0, place.apply(update)).await();
            collectives.allGather(place.apply(rows), place.apply(everywhere)).await();
            collectives.allReduce(0);
            List<float[]> results = new ArrayList<>();
            for (NDArray result : List.of(rows, collected, update, everywhere)) {
              results.add(result.toFloatArray());
            }
            return results;
          });
    }
  }

  @Test
  void memoryDoesNotGrowFromStepToStep() {
    try (Ranks ranks = connect(2, BUCKET_BYTES, WirePrecision.F32)) {
      List<long[]> memory =
          ranks.run(
              (collectives, manager) -> {
                NDArray whole = random(manager, ROWS, 0);
                NDArray rows = manager.zeros(new Shape(rows(collectives), COLUMNS));
                long arrays = 0;
                for (int step = 0; step < STEPS; step++) {
                  if (step == 1) {
                    arrays = manager.getManagedArrays().size();
                  }
                  collectives.reduceScatter(DeviceArrays.of(whole), DeviceArrays.of(rows));
                  collectives.gather(0, DeviceArrays.of(rows), DeviceArrays.of(whole)).await();
                  collectives.broadcast(0, DeviceArrays.of(whole)).await();
                  collectives.allReduce(0);
                }
                return new long[] {
                  collectives.bufferBytes(), manager.getManagedArrays().size() - arrays
                };
              });

      assertThat(memory)
          .allSatisfy(
              rank -> {
                assertThat(rank[0])
                    .as("bytes of buffers")
                    .isLessThanOrEqualTo(mostBufferBytesOfAStep());
                assertThat(rank[1]).as("native arrays more than after a step").isZero();
              });
    }
  }

  /**
   * However the ranks' threads are timed, as many messages of a step have a buffer at once: in the
   * reduce-scatter a rank's own half, one that it sends, and one that it receives; one that its
   * peer sends ahead to be gathered; all that is broadcast; and of the all-reduces before and after
   * them a number each way.
   */
  private static long mostBufferBytesOfAStep() {
    int half = (int) ((ROWS + 1) / 2 * COLUMNS * Float.BYTES);
    int rest = (int) (ROWS * COLUMNS * Float.BYTES) - BUCKET_BYTES;
    return 4L * BufferPool.capacity(half)
        + BufferPool.capacity(BUCKET_BYTES)
        + BufferPool.capacity(rest)
        + 4L * BufferPool.capacity(Double.BYTES);
  }

  private static Ranks connect(int worldSize, long bucketBytes, WirePrecision precision) {
    CommunicationOptions options = new CommunicationOptions(Duration.ofSeconds(20), bucketBytes);
    return Ranks.connect(worldSize, options.with(precision), () -> false);
  }

  private static long rows(TransportCollectives collectives) {
    return RowShard.of(ROWS, collectives.worldSize(), collectives.rank()).rows();
  }

  private static NDArray random(NDManager manager, long rows, int seed) {
    Random random = new Random(seed);
    float[] values = new float[(int) (rows * COLUMNS)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return manager.create(values, new Shape(rows, COLUMNS));
  }
}
