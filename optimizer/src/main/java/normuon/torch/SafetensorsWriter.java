package normuon.torch;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes a safetensors file as a stream: the header from the shapes alone, then each tensor's bytes
 * straight from where they are. The same metadata and tensors in the same order give the same
 * bytes.
 */
public final class SafetensorsWriter {

  private SafetensorsWriter() {}

  /** Writes the bytes of a tensor, row-major and little-endian. */
  @FunctionalInterface
  public interface Content {

    /** Writes all bytes. */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /**
   * A tensor to be written.
   *
   * @param name its name, unique in the file
   * @param type the element type
   * @param shape the shape, outermost dimension first
   * @param content its bytes, read when its turn comes
   */
  public record Entry(String name, SafetensorsType type, long[] shape, Content content) {

    /** A tensor whose bytes remain in a buffer; the buffer's position stays. */
    public static Entry of(String name, SafetensorsType type, long[] shape, ByteBuffer bytes) {
      return new Entry(name, type, shape, channel -> writeFully(channel, bytes.duplicate()));
    }

    /** An array in host memory, at most 2 GiB; not copied if it is contiguous. */
    public static Entry of(String name, NDArray array) {
      return new Entry(
          name,
          SafetensorsType.of(array),
          array.getShape().getShape(),
          channel -> {
            if (array.size() > 0) {
              writeFully(channel, array.toByteBuffer(true));
            }
          });
    }
  }

  /**
   * Writes a file.
   *
   * @param stream receives the bytes; left open
   * @param metadata strings for {@code __metadata__}, written sorted by key
   * @param entries the tensors in the order to write them
   */
  public static void write(OutputStream stream, Map<String, String> metadata, List<Entry> entries)
      throws IOException {
    List<SafetensorsTensor> tensors = layOut(entries);
    byte[] header = SafetensorsHeader.encode(metadata, tensors);
    ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    stream.write(length.putLong(header.length).array());
    stream.write(header);
    WritableByteChannel channel = Channels.newChannel(stream);
    for (int i = 0; i < tensors.size(); i++) {
      CountingChannel counting = new CountingChannel(channel);
      entries.get(i).content().writeTo(counting);
      if (counting.count != tensors.get(i).bytes()) {
        throw new IllegalArgumentException(
            "Invalid content of tensor "
                + tensors.get(i)
                + ": "
                + counting.count
                + " bytes, must be "
                + tensors.get(i).bytes());
      }
    }
    stream.flush();
  }

  private static List<SafetensorsTensor> layOut(List<Entry> entries) {
    List<SafetensorsTensor> tensors = new ArrayList<>();
    Set<String> names = new HashSet<>();
    long next = 0;
    for (Entry entry : entries) {
      if (!names.add(entry.name())) {
        throw new IllegalArgumentException(
            "Invalid tensors: the name " + entry.name() + " must be unique");
      }
      tensors.add(new SafetensorsTensor(entry.name(), entry.type(), entry.shape(), next));
      next = tensors.get(tensors.size() - 1).end();
    }
    return tensors;
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Counts what passes, so that a wrong length is found before the file is taken for whole. */
  private static final class CountingChannel implements WritableByteChannel {

    private final WritableByteChannel target;
    private long count;

    CountingChannel(WritableByteChannel target) {
      this.target = target;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      int written = target.write(bytes);
      count += written;
      return written;
    }

    @Override
    public boolean isOpen() {
      return target.isOpen();
    }

    @Override
    public void close() throws IOException {
      target.close();
    }
  }
}
