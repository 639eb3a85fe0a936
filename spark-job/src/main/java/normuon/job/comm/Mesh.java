package normuon.job.comm;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import normuon.optimizer.shard.CollectiveException;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.client.TransportClientFactory;
import org.apache.spark.network.server.TransportServer;

/**
 * The connections of one rank: it listens for what its peers send, and sends on a connection of its
 * own to each of them.
 */
final class Mesh implements AutoCloseable {

  private final Membership self;
  private final Wait wait;
  private final BufferPool pool = new BufferPool();
  private final Mailbox mailbox;
  private final Outbox outbox = new Outbox();
  private final MessageHandler handler;
  private final TransportContext context;
  private final TransportClientFactory factory;
  private final TransportServer server;
  private final TransportClient[] clients;
  private List<PeerAddress> addresses = List.of();
  private volatile boolean failed;

  /** Begins to listen. */
  Mesh(Membership self, CommunicationOptions options, TransportSettings settings, Wait wait) {
    this.self = self;
    this.wait = wait;
    this.mailbox = new Mailbox(self.worldSize());
    this.handler =
        new MessageHandler(self, (int) options.bucketBytes(), settings.newReads(), mailbox, pool);
    this.clients = new TransportClient[self.worldSize()];
    this.context = new TransportContext(settings.conf(), handler, false);
    this.server =
        context.createServer(settings.host(), 0, new ArrayList<>(settings.serverBootstraps()));
    this.factory = context.createClientFactory(settings.clientBootstraps());
  }

  /** The port this rank listens at. */
  int port() {
    return server.getPort();
  }

  /** Connects to every peer and greets it. */
  void connect(List<PeerAddress> all) {
    addresses = List.copyOf(all);
    for (int peer : self.peers()) {
      clients[peer] = connect(addresses.get(peer));
    }
  }

  private TransportClient connect(PeerAddress address) {
    String purpose = "connect rank " + self.rank() + " to " + address;
    TransportClient client = open(address, purpose);
    handler.opened(client.getChannel(), address.rank());
    Answer answer = new Answer();
    client.sendRpc(Greeting.of(self, address.rank()).encode(), answer);
    String objection = wait.until(answer.text, new ExpectedAnswer(purpose, address));
    if (!objection.isEmpty()) {
      throw new CollectiveException("Cannot " + purpose + ": refused: " + objection);
    }
    return client;
  }

  /** Spark throws more than it declares when authentication fails. */
  private TransportClient open(PeerAddress address, String purpose) {
    try {
      return factory.createClient(address.host(), address.port());
    } catch (IOException | RuntimeException e) {
      throw new PeerException(
          PeerException.Reason.DISCONNECTED, "Cannot " + purpose + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException(
          PeerException.Reason.STOPPED, "Cannot " + purpose + ": interrupted", e);
    }
  }

  /** Sends a message, which it releases. Does not block. */
  void send(int peer, MessageHeader header, Payload payload) {
    outbox.send(clients[peer], header, payload);
  }

  /** Says where a message is to go, if it can: {@link #receive} tells whether it did. */
  void expect(MessageKey key, SharedRows place) {
    mailbox.expect(key, place);
  }

  /**
   * Waits for a message; the caller releases it.
   *
   * @param length the length it must have, in bytes
   */
  Payload receive(MessageKey key, int length) {
    try {
      Payload message = mailbox.take(key, wait, new ExpectedMessage(key));
      if (message.length() != length) {
        message.release();
        throw new CollectiveException(mismatch(key, message.length(), length));
      }
      return message;
    } catch (CollectiveException e) {
      failed = true;
      throw e;
    }
  }

  /**
   * Waits until what was sent has left: then its arrays may be changed, and its buffers are back.
   *
   * @param call the call that waits
   * @param senders which calls sent it
   * @throws CollectiveException if a peer does not receive what was sent
   */
  void awaitSent(Call call, Predicate<Call> senders) {
    if (!outbox.drain(senders, wait)) {
      failed = true;
      String trouble =
          "Cannot complete %s on rank %d of %d".formatted(call, self.rank(), self.worldSize());
      if (wait.stop().isRaised()) {
        throw wait.stop().exception(trouble);
      }
      throw new PeerException(
          PeerException.Reason.SILENT,
          trouble + ": what was sent did not reach its peers within " + wait.deadline(),
          null);
    }
  }

  private String mismatch(MessageKey key, int received, int expected) {
    ExpectedMessage message = new ExpectedMessage(key);
    return String.format(
        Locale.ROOT,
        "Cannot %s: %s sent %d bytes for %s, not %d; all ranks must pass arrays of the same shapes",
        message.purpose(),
        message.from(),
        received,
        message.what(),
        expected);
  }

  void requireRunning() {
    if (wait.stop().isRaised()) {
      failed = true;
      throw wait.stop()
          .exception("Cannot go on on rank %d of %d".formatted(self.rank(), self.worldSize()));
    }
  }

  /** Ends all waits, now and later. */
  void abort(Throwable cause) {
    failed = true;
    wait.stop().abort(cause);
  }

  /** A buffer to send, which {@link #send} releases. */
  PooledBuffer buffer(int length) {
    return pool.acquire(length);
  }

  Traffic traffic() {
    return new Traffic(outbox.bytesSent(), handler.bytesReceived(), outbox.sendingNanos());
  }

  void limitWaiting(long bytes) {
    mailbox.limitWaiting(bytes);
  }

  long bufferBytes() {
    return pool.allocatedBytes();
  }

  /** Disconnects; first, unless something failed, waits until what was sent has left. */
  @Override
  public void close() {
    if (!failed) {
      outbox.drain(wait);
    }
    factory.close();
    server.close();
    context.close();
    mailbox.close();
    pool.close();
  }

  private record ExpectedAnswer(String purpose, PeerAddress from) implements Expectation {
    @Override
    public String what() {
      return "an answer to the greeting";
    }
  }

  private final class ExpectedMessage implements Expectation {

    private final MessageKey key;

    ExpectedMessage(MessageKey key) {
      this.key = key;
    }

    @Override
    public String purpose() {
      return "complete " + key.call() + " on rank " + self.rank() + " of " + self.worldSize();
    }

    @Override
    public String what() {
      return "bucket " + key.bucket();
    }

    @Override
    public PeerAddress from() {
      return addresses.get(key.source());
    }
  }

  /** The peer's answer to a greeting. */
  private static final class Answer implements RpcResponseCallback {

    private final CompletableFuture<String> text = new CompletableFuture<>();

    @Override
    public void onSuccess(ByteBuffer response) {
      text.complete(StandardCharsets.UTF_8.decode(response).toString());
    }

    @Override
    public void onFailure(Throwable cause) {
      text.completeExceptionally(cause);
    }
  }
}
