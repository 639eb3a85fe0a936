package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import normuon.job.comm.KeyStore;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two ranks train over connections that Spark encrypts, to the same bits as in the clear. */
class EncryptedTrainingTest {

  @TempDir private static Path folder;
  private static Path text;
  private static TrainedRun clear;

  @BeforeAll
  static void trainInTheClear() throws IOException {
    text = TrainedRun.text(folder);
    clear = train("clear", Map.of());
  }

  @Test
  void withAuthenticationAndAes() {
    TrainedRun run =
        train(
            "aes",
            Map.of(
                "spark.authenticate", "true",
                "spark.authenticate.secret", "not a secret",
                "spark.network.crypto.enabled", "true"));

    assertThat(run.shardHashes(8)).isEqualTo(clear.shardHashes(8));
  }

  @Test
  void withTls() throws Exception {
    TrainedRun run = train("tls", KeyStore.settings(folder));

    assertThat(run.shardHashes(8)).isEqualTo(clear.shardHashes(8));
  }

  private static TrainedRun train(String name, Map<String, String> sparkSettings) {
    sparkSettings.forEach(System::setProperty);
    try {
      // The tokens of the first run: what is tried is how ranks talk, not how Spark sends classes.
      String tokens = "data.tokens_directory=" + folder.resolve("tokens");
      return TrainedRun.tiny(folder.resolve(name), text, tokens, "train.ranks=2", "train.steps=8")
          .requireSucceeded();
    } finally {
      sparkSettings.keySet().forEach(System::clearProperty);
    }
  }
}
