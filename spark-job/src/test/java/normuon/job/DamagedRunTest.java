package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose checkpoints are damaged on disk. */
class DamagedRunTest {

  private static final String SHARD = "rank-00001-of-00002.safetensors";

  @TempDir private static Path folder;
  private static Path text;
  private static TrainedRun whole;

  @BeforeAll
  static void train() throws IOException {
    text = TrainedRun.text(folder);
    whole = train("whole").requireSucceeded();
  }

  @Test
  void aRunGoesOnFromTheNewestCheckpointThatIsWhole() throws IOException {
    TrainedRun damaged = copy("damaged");
    flipLastByte(damaged.checkpoint(40).resolve(SHARD));
    Files.delete(damaged.checkpoint(30).resolve(SHARD));

    TrainedRun resumed = train("damaged").requireSucceeded();

    assertThat(resumed.output())
        .contains("Passed over checkpoint step-00000040: " + SHARD + ": its SHA-256 is ")
        .contains("Passed over checkpoint step-00000030: " + SHARD + " does not exist")
        .contains("Resuming after step 20 ");
    assertThat(resumed.shardHashes(40)).isEqualTo(whole.shardHashes(40));
    assertThat(resumed.shardHashes(30)).isEqualTo(whole.shardHashes(30));
    assertThat(resumed.checkpoint(40).resolveSibling("step-00000040.damaged").resolve(SHARD))
        .as("a damaged checkpoint is never deleted")
        .exists();
  }

  @Test
  void aRunThatLostAllCheckpointsDoesNotStartAgainUnasked() throws IOException {
    TrainedRun damaged = copy("lost");
    for (int step = 10; step <= 40; step += 10) {
      flipLastByte(damaged.checkpoint(step).resolve(SHARD));
    }

    TrainedRun refused = train("lost");

    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.errors())
        .singleElement()
        .asString()
        .startsWith("INVALID_CONFIG: Cannot resume run.directory ")
        .contains("no checkpoint is whole (step-00000040: " + SHARD + ": its SHA-256 is ")
        .contains("; step-00000010: " + SHARD)
        .endsWith("or set checkpoint.ignore_damaged=true to start again at step 0");
    assertThat(refused.metrics("step_ms")).as("what was measured stays").hasSize(40);

    TrainedRun again = train("lost", "checkpoint.ignore_damaged=true").requireSucceeded();
    assertThat(again.output()).contains("Training ");
    assertThat(again.shardHashes(40)).isEqualTo(whole.shardHashes(40));
  }

  @Test
  void onlyTheLastCheckpointsAndEveryFortiethStepStay() {
    TrainedRun run =
        train(
                "retained",
                "train.steps=70",
                "checkpoint.keep_last=2",
                "checkpoint.keep_every_steps=40")
            .requireSucceeded();

    assertThat(run.directory().resolve("checkpoints").toFile().list())
        .containsExactlyInAnyOrder("step-00000040", "step-00000060", "step-00000070", "latest");
  }

  private static TrainedRun copy(String name) throws IOException {
    Path directory = folder.resolve(name);
    FileUtils.copyDirectory(whole.directory().toFile(), directory.toFile());
    return new TrainedRun(directory, 0, "", List.of());
  }

  private static void flipLastByte(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }

  private static TrainedRun train(String name, String... settings) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "train.ranks=2",
                "train.steps=40",
                "checkpoint.every_steps=10",
                "checkpoint.keep_last=0"));
    all.addAll(List.of(settings));
    return TrainedRun.tiny(folder.resolve(name), text, all.toArray(String[]::new));
  }
}
