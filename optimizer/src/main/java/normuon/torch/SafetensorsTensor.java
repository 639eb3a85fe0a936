package normuon.torch;

import java.util.Arrays;

/**
 * One tensor of a safetensors file.
 *
 * @param name its name, unique in the file
 * @param type the element type
 * @param shape the shape, outermost dimension first; empty for a scalar
 * @param start its first byte, counted from the first byte of data
 */
public record SafetensorsTensor(String name, SafetensorsType type, long[] shape, long start) {

  /** The number of rows, the outermost dimension; 1 for a scalar. */
  public long rows() {
    return shape.length == 0 ? 1 : shape[0];
  }

  /** The size of one row in bytes. */
  public long rowBytes() {
    long bytes = type.bytes();
    for (int i = 1; i < shape.length; i++) {
      bytes = Math.multiplyExact(bytes, shape[i]);
    }
    return bytes;
  }

  /**
   * The size in bytes.
   *
   * @throws ArithmeticException if it does not fit 64 bits
   */
  public long bytes() {
    return Math.multiplyExact(rows(), rowBytes());
  }

  /** The byte after its last, counted from the first byte of data. */
  public long end() {
    return Math.addExact(start, bytes());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SafetensorsTensor that
        && name.equals(that.name)
        && type == that.type
        && Arrays.equals(shape, that.shape)
        && start == that.start;
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Arrays.hashCode(shape);
  }

  @Override
  public String toString() {
    return name + " " + type + Arrays.toString(shape);
  }
}
