package normuon.job.comm;

import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.network.client.StreamCallbackWithID;

/**
 * Brings the bytes of one large message to a pooled buffer, or to their place, as they come. Spark
 * may report a failure more than once, and calls from one thread.
 */
final class StreamReceiver implements StreamCallbackWithID {

  private final String id;
  private final Payload message;
  private final List<ByteBuffer> parts;
  private int missing;
  private final Channel channel;
  private final InPlaceReads reads;
  private final Consumer<Payload> delivery;
  private boolean ended;

  /** The part that is being filled. */
  private int part;

  /**
   * Creates the receiver of one message.
   *
   * @param id names the stream in Spark's log
   * @param message memory as long as the message was announced to be
   * @param channel the connection it comes on, which is closed if the message is not as announced
   * @param reads where the connection reads to
   * @param delivery takes the memory over once it is full
   */
  StreamReceiver(
      String id, Payload message, Channel channel, InPlaceReads reads, Consumer<Payload> delivery) {
    this.id = id;
    this.message = message;
    this.parts = message.parts();
    this.missing = message.length();
    this.channel = channel;
    this.reads = reads;
    this.delivery = delivery;
    readNextInPlace();
  }

  private void readNextInPlace() {
    if (missing > 0) {
      reads.into(parts.get(part));
    } else {
      reads.usual();
    }
  }

  @Override
  public void onData(String streamId, ByteBuffer bytes) throws IOException {
    if (ended || bytes.remaining() > missing) {
      throw new IOException(
          "Invalid message: longer than the " + message.length() + " bytes announced");
    }
    missing -= bytes.remaining();
    while (bytes.hasRemaining()) {
      fill(parts.get(part), bytes);
    }
    readNextInPlace();
  }

  private void fill(ByteBuffer target, ByteBuffer bytes) {
    int length = Math.min(target.remaining(), bytes.remaining());
    ByteBuffer next = bytes.slice(bytes.position(), length);
    if (InPlaceReads.sameMemory(next, target)) {
      target.position(target.position() + length);
    } else {
      target.put(next);
    }
    bytes.position(bytes.position() + length);
    if (!target.hasRemaining()) {
      part++;
    }
  }

  @Override
  public void onComplete(String streamId) throws IOException {
    reads.usual();
    if (missing > 0) {
      // Spark would leave the connection open.
      channel.close();
      throw new IOException(
          "Invalid message of "
              + (message.length() - missing)
              + " bytes: "
              + message.length()
              + " were announced");
    }
    ended = true;
    delivery.accept(message);
  }

  @Override
  public void onFailure(String streamId, Throwable cause) {
    reads.usual();
    if (!ended) {
      ended = true;
      message.release();
    }
  }

  @Override
  public String getID() {
    return id;
  }
}
