package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import normuon.optimizer.shard.CollectiveException;
import normuon.optimizer.shard.ShardGroup;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.buffer.NioManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.client.TransportClientFactory;
import org.apache.spark.network.server.NoOpRpcHandler;
import org.apache.spark.network.server.TransportServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A rank that belongs to the attempt and sends what it should not: rank 2 of 3 is a fake. */
class MisbehavingRankTest {

  private static final int LONGEST = 1 << 20;
  private static final CommunicationOptions OPTIONS =
      new CommunicationOptions(Duration.ofSeconds(20), LONGEST);
  private static final Call CALL = new Call(Operation.BROADCAST, 2, 0);

  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final TransportContext context =
      new TransportContext(Ranks.settings().conf(), new Obliging(), false);
  private final TransportServer server = context.createServer("127.0.0.1", 0, List.of());
  private final TransportClientFactory factory = context.createClientFactory();
  private TransportCollectives zero;
  private TransportCollectives one;
  private TransportClient fake;

  /** Accepts every greeting, and drops the messages. */
  private static final class Obliging extends NoOpRpcHandler {
    @Override
    public void receive(TransportClient client, ByteBuffer message, RpcResponseCallback callback) {
      callback.onSuccess(ByteBuffer.allocate(0));
    }

    @Override
    public void receive(TransportClient client, ByteBuffer message) {
      assertThat(message.remaining()).isPositive();
    }
  }

  @BeforeEach
  void connect() throws Exception {
    List<CompletableFuture<PeerAddress>> board =
        List.of(
            new CompletableFuture<>(),
            new CompletableFuture<>(),
            CompletableFuture.completedFuture(new PeerAddress(2, "127.0.0.1", server.getPort())));
    CompletableFuture<TransportCollectives> other =
        CompletableFuture.supplyAsync(() -> connect(1, board));
    zero = connect(0, board);
    one = other.get(20, TimeUnit.SECONDS);
    fake = factory.createClient("127.0.0.1", board.get(0).join().port());
    ByteBuffer answer = fake.sendRpcSync(new Greeting("attempt", 3, 3, 2, 0).encode(), 5000);
    assertThat(answer.remaining()).isZero();
  }

  private static TransportCollectives connect(
      int rank, List<CompletableFuture<PeerAddress>> board) {
    Rendezvous rendezvous =
        (self, address, wait) -> {
          board.get(rank).complete(address);
          return board.stream().map(slot -> slot.orTimeout(20, TimeUnit.SECONDS).join()).toList();
        };
    return TransportCollectives.connect(
        new Membership("attempt", ShardGroup.whole(3, rank)),
        OPTIONS,
        Ranks.settings(),
        rendezvous,
        () -> false);
  }

  /** Only the fake's connection is closed: the wait for it ends, and the other ranks go on. */
  @AfterEach
  void theOthersGoOn() {
    await().atMost(Duration.ofSeconds(5)).until(() -> !fake.isActive());
    NDList array = new NDList(manager.zeros(new Shape(4)));
    assertThatThrownBy(() -> zero.broadcast(2, array).await())
        .isInstanceOf(CollectiveException.class)
        .hasMessageContaining("rank 2 (127.0.0.1:" + server.getPort() + ")");

    one.broadcast(1, new NDList(manager.ones(new Shape(4))));
    NDArray received = array.get(0);
    zero.broadcast(1, array).await();
    assertThat(received.toFloatArray()).containsExactly(1, 1, 1, 1);

    zero.close();
    one.close();
    factory.close();
    server.close();
    context.close();
    manager.close();
  }

  @Test
  void announcingAStreamThatIsTooLongIsRefused() {
    upload(new MessageHeader(CALL, 0, LONGEST + 1), 100);
  }

  @Test
  void announcingANegativeLengthIsRefused() {
    upload(new MessageHeader(CALL, 0, -1), 100);
  }

  @Test
  void sendingMoreThanAnnouncedIsRefused() {
    upload(new MessageHeader(CALL, 0, 100), 101);
  }

  @Test
  void sendingLessThanAnnouncedIsRefused() {
    upload(new MessageHeader(CALL, 0, 100), 99);
  }

  @Test
  void aSmallMessageOfAnotherLengthIsRefused() {
    ByteBuffer message = ByteBuffer.allocate(MessageHeader.BYTES + 8);
    fake.send(message.put(new MessageHeader(CALL, 0, 4).encode()).putLong(0).flip());
  }

  /** Messages that are right, each by itself, and that nobody will ever take. */
  @Test
  void sendingWithoutEndIsRefused() {
    long before = zero.bufferBytes();
    zero.limitWaiting(8 * LONGEST);

    Responses responses = new Responses();
    uploadCalls(1, 8, responses);
    // A connection that is cut takes answers under way with it: those to come are waited for first.
    await().atMost(Duration.ofSeconds(20)).until(() -> responses.accepted.get() == 8);
    uploadCalls(9, 100, responses);

    await().atMost(Duration.ofSeconds(20)).until(() -> !fake.isActive());
    assertThat(responses.accepted).as("messages that were taken").hasValue(8);
    assertThat(zero.bufferBytes()).isLessThanOrEqualTo(before + 8 * LONGEST);
  }

  private void uploadCalls(int first, int last, Responses responses) {
    for (int call = first; call <= last; call++) {
      upload(
          new MessageHeader(new Call(Operation.BROADCAST, 2, call), 0, LONGEST),
          LONGEST,
          responses);
    }
  }

  @Test
  void anUnknownOperationIsRefused() {
    ByteBuffer message = ByteBuffer.allocate(MessageHeader.BYTES).put(0, (byte) 99);
    fake.send(message);
  }

  private void upload(MessageHeader header, int bytes) {
    Responses responses = new Responses();
    upload(header, bytes, responses);
    await().atMost(Duration.ofSeconds(5)).until(() -> !fake.isActive());
    assertThat(responses.accepted).as("streams that were accepted").hasValue(0);
  }

  private void upload(MessageHeader header, int bytes, Responses responses) {
    fake.uploadStream(
        new NioManagedBuffer(header.encode()),
        new NioManagedBuffer(ByteBuffer.allocate(bytes)),
        responses);
  }

  /** Counts the streams that were accepted. */
  private static final class Responses implements RpcResponseCallback {

    private final AtomicInteger accepted = new AtomicInteger();

    @Override
    public void onSuccess(ByteBuffer response) {
      accepted.incrementAndGet();
    }

    @Override
    public void onFailure(Throwable cause) {
      assertThat(cause).isNotNull();
    }
  }
}
