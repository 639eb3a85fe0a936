package normuon.torch;

import ai.djl.ndarray.NDArray;
import java.nio.ByteBuffer;

/**
 * Copies elements between arrays and buffers in host memory, with no Java array in between.
 *
 * <p>Elements are counted in row-major order: rows [a, b) of an array of c columns are the elements
 * [a·c, b·c). Arrays may have any type and shape; those on the processor are at most 2 GiB large.
 * Between a GPU and host memory PyTorch copies, straight from and to the buffer, which then must be
 * direct. Bytes are little-endian. Copying no elements touches neither side, so that arrays without
 * rows need no care.
 */
public final class HostBuffers {

  /** Enough of an address to tell two arrays apart. */
  private static final int ADDRESS_UNIT = 1 << 30;

  private HostBuffers() {}

  /**
   * Copies elements of an array to a buffer, at its position, and moves the position past them.
   *
   * @param array the array to read
   * @param start the first element
   * @param end the element after the last one
   * @param target where the bytes go
   * @throws IllegalArgumentException if the array is too large or has no such elements, or if it is
   *     on a GPU and the buffer is not direct
   * @throws java.nio.BufferOverflowException if the buffer has too little room
   */
  public static void read(NDArray array, long start, long end, ByteBuffer target) {
    if (start == end) {
      return;
    }
    if (onHost(array)) {
      target.put(elements(array, start, end, memory(array)));
    } else {
      DeviceElements.read(array, start, end, target);
    }
  }

  /**
   * Copies bytes from a buffer, at its position, over elements of an array, and moves the position
   * past them.
   *
   * @param source where the bytes come from
   * @param array the array to change; contiguous
   * @param start the first element
   * @param end the element after the last one
   * @throws IllegalArgumentException if the array is not contiguous (which is not noticed on a GPU)
   *     or too large, or has no such elements, if the buffer has too few bytes, or if the array is
   *     on a GPU and the buffer is not direct
   */
  public static void write(ByteBuffer source, NDArray array, long start, long end) {
    if (start == end) {
      return;
    }
    if (!onHost(array)) {
      DeviceElements.write(source, array, start, end);
      return;
    }
    ByteBuffer target = elements(array, start, end, writable(array));
    int length = target.remaining();
    if (source.remaining() < length) {
      throw new IllegalArgumentException(
          "Invalid buffer of "
              + source.remaining()
              + " bytes: the elements take "
              + length
              + " bytes");
    }
    target.put(source.slice(source.position(), length));
    source.position(source.position() + length);
  }

  /** Whether the array's own memory can be reached from Java. */
  public static boolean onHost(NDArray array) {
    return !array.getDevice().isGpu();
  }

  /** The array's own memory, to be changed; the array is contiguous and has elements. */
  static ByteBuffer writable(NDArray array) {
    ByteBuffer memory = memory(array);
    refuseCopies(array, memory);
    return memory;
  }

  /** The array's own memory, as DJL shows it for contiguous arrays on the processor. */
  private static ByteBuffer memory(NDArray array) {
    if (!onHost(array)) {
      throw new IllegalArgumentException(
          "Invalid device "
              + array.getDevice()
              + ": only the memory of arrays on cpu() can be shared");
    }
    if (array.size() * array.getDataType().getNumOfBytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "Invalid array of shape " + array.getShape() + ": must be at most 2 GiB");
    }
    return array.toByteBuffer(true);
  }

  /** DJL shows a fresh copy of an array that is not contiguous; what is written there is lost. */
  private static void refuseCopies(NDArray array, ByteBuffer memory) {
    int address = memory.alignmentOffset(0, ADDRESS_UNIT);
    if (array.toByteBuffer(true).alignmentOffset(0, ADDRESS_UNIT) != address) {
      throw new IllegalArgumentException(
          "Invalid array of shape " + array.getShape() + ": must be contiguous to be written");
    }
  }

  static ByteBuffer elements(NDArray array, long start, long end, ByteBuffer memory) {
    requireElements(array, start, end);
    int bytes = (int) (memory.capacity() / array.size());
    return memory.slice((int) start * bytes, (int) (end - start) * bytes);
  }

  static void requireElements(NDArray array, long start, long end) {
    long size = array.size();
    if (start < 0 || end < start || end > size) {
      throw new IllegalArgumentException(
          "Invalid elements ["
              + start
              + ", "
              + end
              + "): must be within the "
              + size
              + " elements of shape "
              + array.getShape());
    }
  }
}
