package normuon.job.comm;

import io.netty.buffer.ByteBuf;
import org.apache.spark.network.protocol.AbstractMessage;

/**
 * A one-way message that travels as one piece with its header. On the wire it is Spark's {@link
 * org.apache.spark.network.protocol.OneWayMessage}, which would write its body in a second system
 * call and so wake the receiver twice.
 */
final class SmallMessage extends AbstractMessage {

  private final MessageHeader header;
  private final Payload payload;

  SmallMessage(MessageHeader header, Payload payload) {
    this.header = header;
    this.payload = payload;
  }

  @Override
  public Type type() {
    return Type.OneWayMessage;
  }

  @Override
  public int encodedLength() {
    return Integer.BYTES + MessageHeader.BYTES + header.length();
  }

  @Override
  public void encode(ByteBuf target) {
    target.writeInt(MessageHeader.BYTES + header.length());
    target.writeBytes(header.encode());
    payload.parts().forEach(target::writeBytes);
  }
}
