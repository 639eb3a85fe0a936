package normuon.job.track;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * One message in the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding):
 * each field is the varint {@code number << 3 | wire type}, then its value. Enough of it for the
 * five messages that an event file needs; a field may come several times, which is a list.
 */
final class ProtocolMessage {

  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED_32 = 5;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** Adds a field of type {@code int64} or an enumeration. */
  ProtocolMessage integer(int field, long value) {
    tag(field, VARINT);
    varint(value);
    return this;
  }

  /** Adds a field of type {@code double}. */
  ProtocolMessage real(int field, double value) {
    tag(field, FIXED_64);
    bytes.writeBytes(littleEndian(Double.BYTES).putDouble(value).array());
    return this;
  }

  /** Adds a field of type {@code float}. */
  ProtocolMessage single(int field, float value) {
    tag(field, FIXED_32);
    bytes.writeBytes(littleEndian(Float.BYTES).putFloat(value).array());
    return this;
  }

  /** Adds a field of type {@code string}. */
  ProtocolMessage text(int field, String value) {
    return delimited(field, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Adds a field that is a message. */
  ProtocolMessage message(int field, ProtocolMessage value) {
    return delimited(field, value.toByteArray());
  }

  /** The message. */
  byte[] toByteArray() {
    return bytes.toByteArray();
  }

  private ProtocolMessage delimited(int field, byte[] value) {
    tag(field, LENGTH_DELIMITED);
    varint(value.length);
    bytes.writeBytes(value);
    return this;
  }

  private void tag(int field, int wireType) {
    varint((long) field << 3 | wireType);
  }

  /** Seven bits a byte, the lowest first; all but the last byte have their highest bit set. */
  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
  }

  private static ByteBuffer littleEndian(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
