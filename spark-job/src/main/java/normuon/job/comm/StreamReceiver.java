package normuon.job.comm;

import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.spark.network.client.StreamCallbackWithID;

/**
 * Copies the bytes of one large message from the network into a pooled buffer as they come. Spark
 * may report a failure more than once, and calls from one thread.
 */
final class StreamReceiver implements StreamCallbackWithID {

  private final String id;
  private final PooledBuffer message;
  private final ByteBuffer target;
  private final Channel channel;
  private final Consumer<PooledBuffer> delivery;
  private boolean ended;

  /**
   * Creates the receiver of one message.
   *
   * @param id names the stream in Spark's log
   * @param message a buffer as long as the message was announced to be
   * @param channel the connection it comes on, which is closed if the message is not as announced
   * @param delivery takes the buffer over once it is full
   */
  StreamReceiver(
      String id, PooledBuffer message, Channel channel, Consumer<PooledBuffer> delivery) {
    this.id = id;
    this.message = message;
    this.target = message.bytes();
    this.channel = channel;
    this.delivery = delivery;
  }

  @Override
  public void onData(String streamId, ByteBuffer bytes) throws IOException {
    if (ended || bytes.remaining() > target.remaining()) {
      throw new IOException(
          "Invalid message: longer than the " + message.length() + " bytes announced");
    }
    target.put(bytes);
  }

  @Override
  public void onComplete(String streamId) throws IOException {
    if (target.hasRemaining()) {
      // Spark would leave the connection open.
      channel.close();
      throw new IOException(
          "Invalid message of "
              + target.position()
              + " bytes: "
              + message.length()
              + " were announced");
    }
    ended = true;
    delivery.accept(message);
  }

  @Override
  public void onFailure(String streamId, Throwable cause) {
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
