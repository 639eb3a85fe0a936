package normuon.job.comm;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.StreamCallbackWithID;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.server.OneForOneStreamManager;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;
import org.apache.spark.network.util.TransportFrameDecoder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a rank does with what its peers send: puts messages into the mailbox, refuses strangers, and
 * notices when a connection ends. Runs on the transport's threads and never blocks.
 */
final class MessageHandler extends RpcHandler {

  private static final Logger LOG = LoggerFactory.getLogger(MessageHandler.class);
  private static final AttributeKey<Integer> SOURCE = AttributeKey.valueOf("normuon.source");
  private static final AttributeKey<Integer> DESTINATION =
      AttributeKey.valueOf("normuon.destination");

  private static final AttributeKey<InPlaceReads> READS = AttributeKey.valueOf("normuon.reads");

  private final Membership self;
  private final int longestMessage;
  private final Supplier<InPlaceReads> newReads;
  private final Mailbox mailbox;
  private final BufferPool pool;
  private final StreamManager noStreams = new OneForOneStreamManager();
  private final AtomicReferenceArray<Channel> inbound;
  private final AtomicLong bytesReceived = new AtomicLong();

  /**
   * Creates the handler of all connections of a rank.
   *
   * @param self this rank
   * @param longestMessage the longest message, in bytes
   * @param newReads makes what decides where a new connection reads to
   * @param mailbox gets the messages
   * @param pool has memory for messages that come before they are expected
   */
  MessageHandler(
      Membership self,
      int longestMessage,
      Supplier<InPlaceReads> newReads,
      Mailbox mailbox,
      BufferPool pool) {
    this.self = self;
    this.longestMessage = longestMessage;
    this.newReads = newReads;
    this.mailbox = mailbox;
    this.pool = pool;
    this.inbound = new AtomicReferenceArray<>(self.worldSize());
  }

  long bytesReceived() {
    return bytesReceived.get();
  }

  /** Tells the handler where a connection leads that this rank opened. */
  void opened(Channel channel, int destination) {
    channel.attr(DESTINATION).set(destination);
  }

  /** Large messages take fewer copies than by default; strangers get little room. */
  @Override
  public void channelActive(TransportClient client) {
    Channel channel = client.getChannel();
    InPlaceReads reads = newReads.get();
    channel.config().setRecvByteBufAllocator(reads);
    channel.attr(READS).set(reads);
    channel
        .pipeline()
        .addBefore(
            TransportFrameDecoder.HANDLER_NAME,
            StrangerLimit.class.getName(),
            new StrangerLimit(() -> isKnown(channel)));
  }

  private static boolean isKnown(Channel channel) {
    return channel.attr(SOURCE).get() != null || channel.attr(DESTINATION).get() != null;
  }

  /** A greeting: the answer is empty, or says why this rank refuses. */
  @Override
  public void receive(TransportClient client, ByteBuffer message, RpcResponseCallback callback) {
    Channel channel = client.getChannel();
    String objection = admit(channel, Greeting.decode(message));
    callback.onSuccess(ByteBuffer.wrap(objection.getBytes(StandardCharsets.UTF_8)));
    if (!objection.isEmpty()) {
      refuse(channel, objection);
    }
  }

  private String admit(Channel channel, Greeting greeting) {
    String objection = greeting.objection(self);
    if (objection.isEmpty()) {
      if (!inbound.compareAndSet(greeting.source(), null, channel)) {
        return "Invalid source rank " + greeting.source() + ": it is connected already";
      }
      channel.attr(SOURCE).set(greeting.source());
    }
    return objection;
  }

  /** A small message, whole. */
  @Override
  public void receive(TransportClient client, ByteBuffer message) {
    Channel channel = client.getChannel();
    try {
      MessageHeader header = MessageHeader.decode(message);
      int source = source(channel, header);
      if (header.length() != message.remaining()) {
        throw new IllegalArgumentException(
            "Invalid message of "
                + message.remaining()
                + " bytes: "
                + header.length()
                + " were announced");
      }
      PooledBuffer buffer = waiting(header.key(source), header.length());
      buffer.bytes().put(message);
      deliver(header.key(source), buffer);
    } catch (IllegalArgumentException e) {
      refuse(channel, e.getMessage());
    }
  }

  /** A large message, announced by its header. Spark closes the connection if this throws. */
  @Override
  public StreamCallbackWithID receiveStream(
      TransportClient client, ByteBuffer announcement, RpcResponseCallback callback) {
    Channel channel = client.getChannel();
    MessageHeader header = MessageHeader.decode(announcement);
    MessageKey key = header.key(source(channel, header));
    Payload target =
        mailbox
            .place(key, header.length())
            .map(Payload.class::cast)
            .orElseGet(() -> waiting(key, header.length()));
    return new StreamReceiver(
        key.toString(), target, channel, channel.attr(READS).get(), full -> deliver(key, full));
  }

  private PooledBuffer waiting(MessageKey key, int length) {
    mailbox.admit(key, length);
    return pool.acquire(length);
  }

  private void deliver(MessageKey key, Payload message) {
    bytesReceived.addAndGet(message.length());
    mailbox.deliver(key, message);
  }

  private int source(Channel channel, MessageHeader header) {
    Integer source = channel.attr(SOURCE).get();
    if (source == null) {
      throw new IllegalArgumentException(
          "Invalid message from " + channel.remoteAddress() + ": it has not greeted");
    }
    if (header.length() < 0 || header.length() > longestMessage) {
      throw new IllegalArgumentException(
          "Invalid message of "
              + header.length()
              + " bytes announced by rank "
              + source
              + ": must be at most "
              + longestMessage);
    }
    return source;
  }

  private void refuse(Channel channel, String objection) {
    LOG.warn("Closing the connection from {}: {}", channel.remoteAddress(), objection);
    channel.close();
  }

  @Override
  public void exceptionCaught(Throwable cause, TransportClient client) {
    fail(client.getChannel(), "broke its connection: " + cause.getMessage(), cause);
  }

  @Override
  public void channelInactive(TransportClient client) {
    fail(client.getChannel(), "closed its connection", null);
  }

  private void fail(Channel channel, String event, Throwable cause) {
    Integer source = channel.attr(SOURCE).get();
    if (source != null) {
      mailbox.fail(source, new IOException(event, cause));
    }
    // What a peer sends comes on its own connection, so that one decides, once it is there: the
    // peer may have finished, while its last messages are still to be read.
    Integer destination = channel.attr(DESTINATION).get();
    if (destination != null && inbound.get(destination) == null) {
      mailbox.fail(destination, new IOException(event, cause));
    }
  }

  @Override
  public StreamManager getStreamManager() {
    return noStreams;
  }
}
