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

/** Checks that every rank holds the same weights, which nothing else in training would notice. */
final class ReplicaCheck {

  private static final int CHUNK_ELEMENTS = 1 << 20;

  private ReplicaCheck() {}

  /**
   * Compares the weights of all ranks bit by bit, through a checksum.
   *
   * @param weights this rank's whole weights
   * @param step the step after which they are compared, for the message
   * @throws IllegalStateException if they differ, on every rank alike
   */
  static void require(List<NDArray> weights, Collectives collectives, long step) {
    double[] checksums = new double[collectives.worldSize()];
    checksums[collectives.rank()] = checksum(weights);
    checksums = collectives.allReduce(checksums);
    List<Integer> others = new ArrayList<>();
    for (int rank = 1; rank < checksums.length; rank++) {
      if (checksums[rank] != checksums[0]) {
        others.add(rank);
      }
    }
    if (!others.isEmpty()) {
      throw new IllegalStateException(
          "Invalid replicas after step %d: the weights of ranks %s must be those of rank 0"
              .formatted(step, others));
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
