package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import normuon.job.config.RunConfiguration;
import normuon.job.metrics.ResidentMemory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionFactoryTest {

  /** Of embedding and head, whose gradients are allocated with them. */
  private static final long LEAKED_BY_A_FAILURE = 2L * 2 * 70_000 * 128 * Float.BYTES;

  @TempDir private Path folder;
  private SparkSession spark;

  @BeforeEach
  void start() {
    spark =
        SparkSession.builder()
            .master("local[1]")
            .appName("session")
            .config("spark.ui.enabled", "false")
            .getOrCreate();
  }

  @AfterEach
  void stop() {
    spark.stop();
  }

  @Test
  void aModelThatCannotBeReadLeavesNoMemoryBehind() {
    RunConfiguration configuration =
        RunConfiguration.fromYaml(
            """
            run: {directory: %s}
            data: {path: sample, tokenizer: byte}
            model: {layers: 1, heads: 2, width: 128, vocabulary_size: 70000, tied_head: false}
            """
                .formatted(folder),
            "test");
    RunTokens.prepare(spark, configuration);
    SessionFactory factory =
        new SessionFactory(
            new TrainingPlan(
                "run",
                configuration,
                configuration.runDirectory().toString(),
                folder.resolve("nothing").toUri().toString(),
                configuration.tokens()),
            new Place(0, 1),
            Device.cpu());
    fail(factory);

    long before = ResidentMemory.bytes();
    int failures = 2;
    for (int i = 0; i < failures; i++) {
      fail(factory);
    }

    assertThat(ResidentMemory.bytes() - before).isLessThan(failures * LEAKED_BY_A_FAILURE / 2);
  }

  private static void fail(SessionFactory factory) {
    assertThatThrownBy(() -> factory.restore(0)).isInstanceOf(UncheckedIOException.class);
  }
}
