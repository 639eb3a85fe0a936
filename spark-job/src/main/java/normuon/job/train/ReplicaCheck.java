package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import normuon.optimizer.shard.Collectives;
import normuon.torch.HostBuffers;
import normuon.torch.SharedMemory;
import normuon.torch.TorchRuntime;

/**
 * Checks that ranks that are to hold the same weights do, which nothing else in training would
 * notice.
 */
final class ReplicaCheck {

  private static final int CHUNK_ELEMENTS = 1 << 20;

  private ReplicaCheck() {}

  /**
   * Compares the weights of ranks bit by bit, through a checksum.
   *
   * @param weights this rank's weights, all or rows
   * @param step the step after which they are compared, for the message
   * @throws IllegalStateException if they differ, on every rank alike
   */
  static void require(RankWeights weights, Collectives collectives, long step) {
    double[] checksums = new double[collectives.worldSize()];
    checksums[collectives.rank()] = checksum(weights.arrays());
    checksums = collectives.allReduce(checksums);
    List<Integer> others = new ArrayList<>();
    int size = weights.group().size();
    for (int rank = size; rank < checksums.length; rank++) {
      if (checksums[rank] != checksums[rank % size]) {
        others.add(rank);
      }
    }
    if (!others.isEmpty()) {
      throw new IllegalStateException(
          "Invalid replicas after step %d: the weights of ranks %s must be those of rank%s"
              .formatted(step, others, size == 1 ? " 0" : "s 0 to " + (size - 1)));
    }
  }

  /** The CRC-32C of the bytes of float32 arrays, one after the other. */
  static long checksum(List<NDArray> arrays) {
    CRC32C checksum = new CRC32C();
    try (NDManager host = TorchRuntime.newManager();
        SharedMemory memory =
            SharedMemory.of(host.create(new Shape(CHUNK_ELEMENTS), DataType.FLOAT32))) {
      ByteBuffer chunk = memory.elements(0, CHUNK_ELEMENTS);
      for (NDArray array : arrays) {
        long elements = array.size();
        for (long start = 0; start < elements; start += CHUNK_ELEMENTS) {
          chunk.clear();
          HostBuffers.read(array, start, Math.min(elements, start + CHUNK_ELEMENTS), chunk);
          checksum.update(chunk.flip());
        }
      }
    }
    return checksum.getValue();
  }
}
