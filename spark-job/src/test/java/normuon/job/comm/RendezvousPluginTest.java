package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import normuon.optimizer.shard.ShardGroup;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.network.client.TransportClientBootstrap;
import org.apache.spark.network.crypto.AuthClientBootstrap;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Ranks as tasks of a barrier stage, with authentication and encryption on. */
class RendezvousPluginTest {

  private static SparkSession session;

  @BeforeAll
  static void start() {
    session =
        SparkRanks.local(3)
            .config("spark.authenticate", true)
            .config("spark.authenticate.secret", "not a secret")
            .config("spark.network.crypto.enabled", true)
            .getOrCreate();
  }

  @AfterAll
  static void stop() {
    session.stop();
  }

  private static CommunicationOptions options(Duration deadline) {
    return new CommunicationOptions(deadline, 1 << 20);
  }

  @Test
  void ranksOfABarrierStageMeet() {
    List<String> sums =
        SparkRanks.run(
            session,
            3,
            rank -> {
              try (TransportCollectives ranks =
                  TransportCollectives.connect("meet", rank, 3, options(Duration.ofSeconds(20)))) {
                return rank + ": " + ranks.allReduce(rank + 1)[0] + ", " + broadcast(ranks);
              }
            });

    assertThat(sums).containsExactly("0: 6.0, 1.0", "1: 6.0, 1.0", "2: 6.0, 1.0");
  }

  /** The mean of what rank 1 sends, in a stream and a rest. */
  private static float broadcast(TransportCollectives ranks) {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray array = manager.full(new Shape(1 << 18, 2), (float) ranks.rank());
      ranks.broadcast(1, new NDList(array)).await();
      return array.mean().getFloat();
    }
  }

  @Test
  void oneRankMeetsItself() {
    List<String> sums =
        SparkRanks.run(
            session,
            1,
            rank -> {
              try (TransportCollectives ranks =
                  TransportCollectives.connect("alone", 0, 1, options(Duration.ofSeconds(20)))) {
                return "" + ranks.allReduce(7)[0];
              }
            });

    assertThat(sums).containsExactly("7.0");
  }

  @Test
  void aConnectionWithoutTheSecretIsRefused() {
    assertThat(refusalOf(secure -> List.of())).startsWith("Cannot connect rank 1 to rank 0 (");
  }

  @Test
  void aConnectionWithAWrongSecretIsRefused() {
    assertThat(
            refusalOf(
                secure ->
                    List.of(
                        new AuthClientBootstrap(
                            secure.conf(), SparkEnv.get().conf().getAppId(), new WrongSecret()))))
        .startsWith("Cannot connect rank 1 to rank 0 (");
  }

  private static final class WrongSecret implements SecretKeyHolder {
    @Override
    public String getSaslUser(String appId) {
      return "sparkSaslUser";
    }

    @Override
    public String getSecretKey(String appId) {
      return "a guess";
    }
  }

  private interface ClientBootstraps
      extends Function<TransportSettings, List<TransportClientBootstrap>>, Serializable {}

  /** What rank 1 is told that calls rank 0 in another way than it should. */
  private static String refusalOf(ClientBootstraps wrong) {
    List<String> results =
        SparkRanks.run(
            session,
            2,
            rank -> {
              CommunicationOptions options = options(Duration.ofSeconds(2));
              TransportSettings right = TransportSettings.of(SparkEnv.get(), options);
              TransportSettings used =
                  new TransportSettings(
                      right.host(),
                      right.conf(),
                      right.serverBootstraps(),
                      rank == 0 ? right.clientBootstraps() : wrong.apply(right));
              try (TransportCollectives ranks =
                  TransportCollectives.connect(
                      new Membership(
                          "wrong " + wrong.getClass().getName(), ShardGroup.whole(2, rank)),
                      options,
                      used,
                      RankChannel.rendezvous(),
                      TaskContext.get()::isInterrupted)) {
                return "connected as rank " + ranks.rank();
              } catch (RuntimeException e) {
                return e.getMessage().lines().findFirst().orElseThrow();
              }
            });
    return results.get(1);
  }

  @Test
  void aRankThatDoesNotComeIsNamed() {
    List<String> messages =
        SparkRanks.run(
            session,
            1,
            rank -> {
              try (TransportCollectives ranks =
                  TransportCollectives.connect("lonely", 1, 3, options(Duration.ofMillis(100)))) {
                return "connected as rank " + ranks.rank();
              } catch (RuntimeException e) {
                return e.getMessage();
              }
            });

    assertThat(messages)
        .containsExactly(
            "Cannot bring rank 1 of attempt 'lonely' together with ranks [0, 2]: they did not come"
                + " within PT0.1S");
  }

  @Test
  void reportsReachTheirSubscriberInOrder() {
    List<Object> records = Collections.synchronizedList(new ArrayList<>());
    try (RendezvousPlugin.Subscription subscription =
        RendezvousPlugin.subscribe("reporting", records::add)) {
      assertThat(subscription).isNotNull();
      SparkRanks.run(
          session,
          1,
          rank -> {
            for (int step = 0; step < 50; step++) {
              RankChannel.report("another", "nobody hears this");
              RankChannel.report("reporting", step);
            }
            RankChannel.flush();
            return "done";
          });

      assertThat(records).hasSize(50).isSortedAccordingTo((a, b) -> (int) a - (int) b);
    }
  }

  @Test
  void anAttemptHasOneSubscriber() {
    try (RendezvousPlugin.Subscription first = RendezvousPlugin.subscribe("once", record -> {})) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> RendezvousPlugin.subscribe("once", record -> {}))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Cannot subscribe to attempt 'once' twice");
    }
  }

  @Test
  void saslEncryptionIsRefused() {
    String key = "spark.authenticate.enableSaslEncryption";
    SparkEnv.get().conf().set(key, "true");
    try {
      assertThatThrownBy(
              () -> TransportSettings.of(SparkEnv.get(), CommunicationOptions.defaults()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "Invalid spark.authenticate.enableSaslEncryption=true: it encrypts with 3DES at"
                  + " 5 MB/s; set spark.network.crypto.enabled=true instead");
    } finally {
      SparkEnv.get().conf().remove(key);
    }
  }
}
