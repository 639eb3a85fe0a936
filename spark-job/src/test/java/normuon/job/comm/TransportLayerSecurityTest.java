package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import normuon.optimizer.shard.ShardGroup;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.network.util.MapConfigProvider;
import org.apache.spark.network.util.TransportConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ranks of an application whose RPC is to go over TLS ({@code spark.ssl.rpc}). */
class TransportLayerSecurityTest {

  private static final CommunicationOptions OPTIONS =
      new CommunicationOptions(Duration.ofSeconds(20), 1 << 20);

  @TempDir private static Path folder;
  private static SparkSession session;

  @BeforeAll
  static void start() throws Exception {
    SparkSession.Builder builder = SparkRanks.local(2);
    KeyStore.settings(folder).forEach(builder::config);
    session = builder.getOrCreate();
  }

  @AfterAll
  static void stop() {
    session.stop();
  }

  @Test
  void messagesOfAnySizeArriveWhole() {
    List<String> sums =
        SparkRanks.run(
            session,
            2,
            rank -> {
              assertThat(TransportSettings.of(SparkEnv.get(), OPTIONS).conf().sslRpcEnabled())
                  .isTrue();
              try (TransportCollectives ranks =
                      TransportCollectives.connect("encrypted", rank, 2, OPTIONS);
                  NDManager manager = NDManager.newBaseManager("PyTorch")) {
                NDArray large = manager.full(new Shape(1 << 18, 3), 1f + rank);
                NDArray rows = manager.zeros(new Shape(1 << 17, 3));
                ranks.reduceScatter(new NDList(large), new NDList(rows));
                ranks.broadcast(1, new NDList(large)).await();
                double sum = ranks.allReduce(rank)[0];
                return sum + " " + rows.mean().getFloat() + " " + large.mean().getFloat();
              }
            });

    assertThat(sums).containsOnly("1.0 3.0 2.0");
  }

  @Test
  void aConnectionInTheClearIsRefused() {
    List<String> results =
        SparkRanks.run(
            session,
            2,
            rank -> {
              CommunicationOptions options = new CommunicationOptions(Duration.ofSeconds(5), 1024);
              TransportSettings secure = TransportSettings.of(SparkEnv.get(), options);
              TransportSettings clear =
                  new TransportSettings(
                      secure.host(),
                      new TransportConf(TransportSettings.MODULE, MapConfigProvider.EMPTY),
                      List.of(),
                      List.of());
              try (TransportCollectives ranks =
                  TransportCollectives.connect(
                      new Membership("clear", ShardGroup.whole(2, rank)),
                      options,
                      rank == 0 ? secure : clear,
                      RankChannel.rendezvous(),
                      TaskContext.get()::isInterrupted)) {
                return "connected as rank " + ranks.rank();
              } catch (RuntimeException e) {
                return e.getMessage().lines().findFirst().orElseThrow();
              }
            });

    assertThat(results.get(0)).startsWith("Cannot connect rank 0 to rank 1 (");
    assertThat(results.get(1)).startsWith("Cannot connect rank 1 to rank 0 (");
  }
}
