package normuon.job.track;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * One event file of TensorBoard: records of TensorFlow's TFRecord format, each an {@code Event}
 * (tensorflow/core/util/event.proto, summary.proto; numbers of fields as there):
 *
 * <pre>
 *   record   = length (uint64), masked CRC-32C of it, data, masked CRC-32C of them; little-endian
 *   mask(c)  = rotate right(c, 15) + 0xa282ead8
 *   Event    = wall_time 1 (double, s), step 2, file_version 3, summary 5, session_log 7
 *   Summary  = value 1: tag 1 (string), simple_value 2 (float)
 * </pre>
 */
final class EventFile implements Closeable {

  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;
  private static final int STATUS = 1;
  private static final int START = 1;

  private static final int MASK_DELTA = 0xa282ead8;

  private final FSDataOutputStream stream;

  private EventFile(FSDataOutputStream stream) {
    this.stream = stream;
  }

  /** Creates a file; there must be none of the name. */
  static EventFile create(FileSystem fileSystem, Path path) throws IOException {
    EventFile file = new EventFile(fileSystem.create(path, false));
    file.add(event(0).text(FILE_VERSION, "brain.Event:2"));
    return file;
  }

  /** Tells readers to forget what earlier files say of a step and of later ones. */
  void addRestart(int firstStep) throws IOException {
    ProtocolMessage restart = new ProtocolMessage().integer(STATUS, START);
    add(event(firstStep).message(SESSION_LOG, restart));
  }

  /** Adds numbers of a step by their names. */
  void add(int step, Map<String, Double> scalars) throws IOException {
    ProtocolMessage summary = new ProtocolMessage();
    scalars.forEach(
        (name, value) ->
            summary.message(
                VALUE,
                new ProtocolMessage().text(TAG, name).single(SIMPLE_VALUE, value.floatValue())));
    add(event(step).message(SUMMARY, summary));
  }

  /**
   * Makes what was added visible to readers, where the file system can do that before the end.
   *
   * @return whether it can
   */
  boolean flush() throws IOException {
    stream.hflush();
    return stream.hasCapability("hflush");
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }

  private static ProtocolMessage event(int step) {
    return new ProtocolMessage()
        .real(WALL_TIME, System.currentTimeMillis() / 1000.0)
        .integer(STEP, step);
  }

  private void add(ProtocolMessage event) throws IOException {
    byte[] data = event.toByteArray();
    ByteBuffer record =
        ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES + data.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(data.length);
    record.putInt(maskedChecksum(record.array(), Long.BYTES));
    record.put(data).putInt(maskedChecksum(data, data.length));
    stream.write(record.array());
  }

  private static int maskedChecksum(byte[] bytes, int length) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, length);
    return Integer.rotateRight((int) checksum.getValue(), 15) + MASK_DELTA;
  }
}
