package normuon.torch;

import ai.djl.ndarray.NDArray;
import java.nio.ByteBuffer;

/**
 * Copies elements between arrays and buffers in host memory, with no Java array in between.
 *
 * <p>Elements are counted in row-major order: rows [a, b) of an array of c columns are the elements
 * [a·c, b·c). Arrays may have any type and shape, are on the processor and at most 2 GiB large.
 * Bytes are little-endian. Copying no elements touches neither side, so that arrays without rows
 * need no care.
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
   * @throws IllegalArgumentException if the array is not on the processor or too large, or has no
   *     such elements
   * @throws java.nio.BufferOverflowException if the buffer has too little room
   */
  public static void read(NDArray array, long start, long end, ByteBuffer target) {
    if (start == end) {
      return;
    }
    target.put(elements(array, start, end, memory(array)));
  }

  /**
   * Copies bytes from a buffer, at its position, over elements of an array, and moves the position
   * past them.
   *
   * @param source where the bytes come from
   * @param array the array to change; contiguous
   * @param start the first element
   * @param end the element after the last one
   * @throws IllegalArgumentException if the array is not on the processor, not contiguous or too
   *     large, or has no such elements, or if the buffer has too few bytes
   */
  public static void write(ByteBuffer source, NDArray array, long start, long end) {
    if (start == end) {
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

  /** The array's own memory, to be changed; the array is contiguous and has elements. */
  static ByteBuffer writable(NDArray array) {
    ByteBuffer memory = memory(array);
    refuseCopies(array, memory);
    return memory;
  }

  /** The array's own memory, as DJL shows it for contiguous arrays on the processor. */
  private static ByteBuffer memory(NDArray array) {
    if (array.getDevice().isGpu()) {
      throw new IllegalArgumentException(
          "Invalid device " + array.getDevice() + ": host buffers copy arrays on cpu() only");
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
    int bytes = (int) (memory.capacity() / size);
    return memory.slice((int) start * bytes, (int) (end - start) * bytes);
  }
}
