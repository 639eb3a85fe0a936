package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.buffer.NioManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.client.TransportClientFactory;
import org.apache.spark.network.server.NoOpRpcHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of those who call at a rank's door and do not belong to its attempt. */
class StrangerTest {

  private static final Call CALL = new Call(Operation.ALL_REDUCE, Call.NO_OWNER, 0);

  private final Ranks ranks = Ranks.connect(2);
  private final TransportContext context =
      new TransportContext(Ranks.settings().conf(), new NoOpRpcHandler(), false);
  private final TransportClientFactory factory = context.createClientFactory();
  private TransportClient stranger;

  @BeforeEach
  void connect() throws Exception {
    stranger = factory.createClient("127.0.0.1", ranks.address(0).port());
  }

  /** Whatever happened, the ranks go on. */
  @AfterEach
  void theRanksGoOn() {
    List<double[]> sums =
        ranks.run((collectives, manager) -> collectives.allReduce(1 + collectives.rank()));
    assertThat(sums).allSatisfy(sum -> assertThat(sum).containsExactly(3));
    ranks.close();
    factory.close();
    context.close();
  }

  @Test
  void anotherAttemptIsRefused() {
    assertThat(greet(new Greeting("yesterday", 2, 2, 1, 0)))
        .isEqualTo("Invalid attempt 'yesterday': must be 'attempt'");
    assertDisconnected();
  }

  @Test
  void anotherWorldSizeIsRefused() {
    assertThat(greet(new Greeting("attempt", 3, 3, 1, 0)))
        .isEqualTo("Invalid world size 3: must be 2");
    assertDisconnected();
  }

  @Test
  void anotherGroupSizeIsRefused() {
    assertThat(greet(new Greeting("attempt", 2, 1, 1, 0)))
        .isEqualTo("Invalid shard group of 1 ranks: must be of 2 ranks");
    assertDisconnected();
  }

  @Test
  void anotherDestinationIsRefused() {
    assertThat(greet(new Greeting("attempt", 2, 2, 0, 1)))
        .isEqualTo("Invalid destination rank 1: this is rank 0");
    assertDisconnected();
  }

  @Test
  void aRankThatDoesNotExistIsRefused() {
    assertThat(greet(new Greeting("attempt", 2, 2, 2, 0)))
        .isEqualTo("Invalid source rank 2: must be another rank below 2");
    assertDisconnected();
  }

  @Test
  void aSecondConnectionOfARankIsRefused() {
    assertThat(greet(new Greeting("attempt", 2, 2, 1, 0)))
        .isEqualTo("Invalid source rank 1: it is connected already");
    assertDisconnected();
  }

  @Test
  void aSmallMessageWithoutGreetingIsRefused() {
    ByteBuffer message = ByteBuffer.allocate(MessageHeader.BYTES + 8);
    message.put(new MessageHeader(CALL, 0, 8).encode()).putDouble(5).flip();
    stranger.send(message);
    assertDisconnected();
  }

  @Test
  void aStreamWithoutGreetingIsRefused() {
    upload(new MessageHeader(CALL, 0, 8));
    assertDisconnected();
  }

  @Test
  void aMessageThatIsNoneIsRefused() {
    stranger.send(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    assertDisconnected();
  }

  private String greet(Greeting greeting) {
    ByteBuffer answer = stranger.sendRpcSync(greeting.encode(), 5000);
    return StandardCharsets.UTF_8.decode(answer).toString();
  }

  private void upload(MessageHeader header) {
    stranger.uploadStream(
        new NioManagedBuffer(header.encode()),
        new NioManagedBuffer(ByteBuffer.allocate(8)),
        new RpcResponseCallback() {
          @Override
          public void onSuccess(ByteBuffer response) {
            throw new AssertionError("the stream was accepted");
          }

          @Override
          public void onFailure(Throwable cause) {
            assertThat(cause).isNotNull();
          }
        });
  }

  private void assertDisconnected() {
    await().atMost(Duration.ofSeconds(5)).until(() -> !stranger.isActive());
  }
}
