package normuon.job.comm;

import java.nio.ByteBuffer;

/**
 * What goes ahead of the bytes of a message. The source is not in it: a connection belongs to one
 * rank.
 *
 * @param call the call the message belongs to
 * @param bucket which bucket of the call's data, from 0
 * @param length the number of bytes that follow
 */
record MessageHeader(Call call, int bucket, int length) {

  /** The size of an encoded header. */
  static final int BYTES = Byte.BYTES + Integer.BYTES + Long.BYTES + Integer.BYTES + Integer.BYTES;

  ByteBuffer encode() {
    return ByteBuffer.allocate(BYTES)
        .put((byte) call.operation().ordinal())
        .putInt(call.owner())
        .putLong(call.sequence())
        .putInt(bucket)
        .putInt(length)
        .flip();
  }

  /** Reads a header, and leaves the buffer's position after it. */
  static MessageHeader decode(ByteBuffer bytes) {
    if (bytes.remaining() < BYTES) {
      throw new IllegalArgumentException(
          "Invalid message of " + bytes.remaining() + " bytes: its header takes " + BYTES);
    }
    Operation operation = Operation.of(bytes.get());
    return new MessageHeader(
        new Call(operation, bytes.getInt(), bytes.getLong()), bytes.getInt(), bytes.getInt());
  }

  MessageKey key(int source) {
    return new MessageKey(source, call, bucket);
  }
}
