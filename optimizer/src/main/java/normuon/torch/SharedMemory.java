package normuon.torch;

import ai.djl.ndarray.NDArray;
import java.nio.ByteBuffer;

/**
 * The memory of an array, read and written beside the array with no copy. It stays valid until it
 * is closed, even if the array is closed first.
 */
public final class SharedMemory implements AutoCloseable {

  private final NDArray view;
  private final ByteBuffer bytes;

  private SharedMemory(NDArray view, ByteBuffer bytes) {
    this.view = view;
    this.bytes = bytes;
  }

  /**
   * Shares the memory of an array.
   *
   * @param array of any type and shape, with elements; on the processor, contiguous and at most 2
   *     GiB large
   * @throws IllegalArgumentException if the array is none of that
   */
  public static SharedMemory of(NDArray array) {
    // A second tensor on the same storage, which PyTorch frees with the last of its tensors.
    NDArray view = array.stopGradient();
    view.detach();
    try {
      return new SharedMemory(view, HostBuffers.writable(view));
    } catch (RuntimeException e) {
      view.close();
      throw e;
    }
  }

  /**
   * The bytes of some elements, little-endian.
   *
   * @param start the first element, in row-major order
   * @param end the element after the last one
   */
  public ByteBuffer elements(long start, long end) {
    return HostBuffers.elements(view, start, end, bytes);
  }

  /** Gives the memory up; what {@link #elements} returned must not be used any more. */
  @Override
  public void close() {
    view.close();
  }
}
