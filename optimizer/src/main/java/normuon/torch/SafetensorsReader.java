package normuon.torch;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;

/**
 * Reads tensors, or rows of them, from a safetensors file (<a
 * href="https://huggingface.co/docs/safetensors">format</a>): 8 little-endian bytes with the
 * header's length, the header in JSON, then row-major little-endian data. Only the header is held
 * in memory; files may be larger than 2 GiB.
 */
public final class SafetensorsReader {

  /** The format's own limit. */
  private static final long LARGEST_HEADER = 100_000_000;

  private final ByteSource source;
  private final SafetensorsHeader header;
  private final long dataStart;

  private SafetensorsReader(ByteSource source, SafetensorsHeader header, long dataStart) {
    this.source = source;
    this.header = header;
    this.dataStart = dataStart;
  }

  /**
   * Reads and checks the header.
   *
   * @param source the file, open as long as the reader is used
   * @throws SafetensorsException if it is not a valid safetensors file
   */
  public static SafetensorsReader open(ByteSource source) throws IOException {
    long size = source.size();
    if (size < Long.BYTES) {
      throw new SafetensorsException(
          "Invalid safetensors file: it has " + size + " bytes and must have at least 8");
    }
    ByteBuffer lengthBytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    source.read(0, lengthBytes);
    long length = lengthBytes.getLong(0);
    long largest = Math.min(LARGEST_HEADER, size - Long.BYTES);
    if (length < 0 || length > largest) {
      throw new SafetensorsException(
          "Invalid safetensors file: a header of "
              + Long.toUnsignedString(length)
              + " bytes, must be at most "
              + largest);
    }
    byte[] json = new byte[(int) length];
    source.read(Long.BYTES, ByteBuffer.wrap(json));
    long dataStart = Long.BYTES + length;
    return new SafetensorsReader(
        source, SafetensorsHeaderParser.parse(json, size - dataStart), dataStart);
  }

  /** The strings of {@code __metadata__}; empty if there are none. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata());
  }

  /** All tensors in the order of the header. */
  public Collection<SafetensorsTensor> tensors() {
    return Collections.unmodifiableCollection(header.tensors().values());
  }

  /**
   * One tensor's type, shape and place.
   *
   * @throws SafetensorsException if the file holds none of that name
   */
  public SafetensorsTensor tensor(String name) throws SafetensorsException {
    SafetensorsTensor tensor = header.tensors().get(name);
    if (tensor == null) {
      throw new SafetensorsException(
          "Tensor " + name + " does not exist: there are " + header.tensors().keySet());
    }
    return tensor;
  }

  /**
   * Reads consecutive rows.
   *
   * @param name the tensor
   * @param start the first row
   * @param end the row after the last one
   * @param destination receives the bytes; as many must remain in it as the rows have
   */
  public void readRows(String name, long start, long end, ByteBuffer destination)
      throws IOException {
    SafetensorsTensor tensor = tensor(name);
    if (start < 0 || end < start || end > tensor.rows()) {
      throw new SafetensorsException(
          "Invalid rows [" + start + ", " + end + ") of " + tensor + ": it has " + tensor.rows());
    }
    long bytes = (end - start) * tensor.rowBytes();
    if (destination.remaining() != bytes) {
      throw new SafetensorsException(
          "Cannot read rows ["
              + start
              + ", "
              + end
              + ") of "
              + tensor
              + " into "
              + destination.remaining()
              + " bytes: they have "
              + bytes);
    }
    source.read(dataStart + tensor.start() + start * tensor.rowBytes(), destination);
  }

  /**
   * Reads consecutive rows into an array, straight into its memory.
   *
   * @param name the tensor
   * @param start the first row
   * @param destination receives as many whole rows as it has; contiguous, in host memory, of the
   *     tensor's type and at most 2 GiB
   */
  public void readRows(String name, long start, NDArray destination) throws IOException {
    if (destination.size() == 0) {
      return;
    }
    SafetensorsTensor tensor = tensor(name);
    ByteBuffer memory = HostBuffers.writable(destination);
    long rowBytes = Math.max(1, tensor.rowBytes());
    if (tensor.type() != SafetensorsType.of(destination) || memory.remaining() % rowBytes != 0) {
      throw new SafetensorsException(
          "Cannot read rows of "
              + tensor
              + " into an array "
              + SafetensorsType.of(destination)
              + destination.getShape());
    }
    readRows(name, start, start + memory.remaining() / rowBytes, memory);
  }
}
