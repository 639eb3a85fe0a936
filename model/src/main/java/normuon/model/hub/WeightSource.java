package normuon.model.hub;

import ai.djl.ndarray.NDArray;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntFunction;
import normuon.torch.HostBuffers;
import normuon.torch.ParameterSpec;

/** The weights of a model that is stored somewhere, read by name and rows. */
public interface WeightSource extends Closeable {

  /** So much is held in memory at once; a row may be longer. */
  int BLOCK_BYTES = 4 << 20;

  /**
   * Reads consecutive rows as float32, whatever they are stored as.
   *
   * @param name the parameter
   * @param start the first row; of a vector, the first element
   * @param end the row after the last one
   * @param destination receives the numbers, little-endian; as many bytes must remain in it
   * @throws IOException if they are not there, or cannot be read
   */
  void readRows(String name, long start, long end, ByteBuffer destination) throws IOException;

  /**
   * Fills an array with a whole parameter, a block of rows at a time.
   *
   * @param destination float32, contiguous, of the parameter's shape, on any device
   */
  default void read(ParameterSpec parameter, NDArray destination) throws IOException {
    // Only a GPU needs direct memory, which no collector frees soon.
    boolean onHost = HostBuffers.onHost(destination);
    ByteBuffer block = block(parameter, onHost ? ByteBuffer::allocate : ByteBuffer::allocateDirect);
    for (long row = 0; row < parameter.rows(); ) {
      long end = nextBlock(parameter, row, block);
      readRows(parameter.name(), row, end, block);
      HostBuffers.write(
          block.flip(), destination, row * parameter.columns(), end * parameter.columns());
      row = end;
    }
  }

  /** Memory for a block of rows. */
  static ByteBuffer block(ParameterSpec parameter) {
    return block(parameter, ByteBuffer::allocate);
  }

  private static ByteBuffer block(ParameterSpec parameter, IntFunction<ByteBuffer> memory) {
    long rowBytes = parameter.columns() * Float.BYTES;
    long rows = Math.min(parameter.rows(), Math.max(1, BLOCK_BYTES / rowBytes));
    return memory.apply(Math.toIntExact(rows * rowBytes)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The row after the block that begins with a row; the buffer then has room for just that. */
  static long nextBlock(ParameterSpec parameter, long row, ByteBuffer block) {
    long rowBytes = parameter.columns() * Float.BYTES;
    long end = Math.min(parameter.rows(), row + block.capacity() / rowBytes);
    block.clear().limit((int) ((end - row) * rowBytes));
    return end;
  }
}
