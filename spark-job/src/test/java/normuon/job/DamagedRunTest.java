package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import normuon.job.config.WeightsSettings.Layout;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs whose checkpoints are damaged on disk, and that go on in each layout of the weights. */
class DamagedRunTest {

  private static final String SHARD = "rank-00001-of-00002.safetensors";

  @TempDir private static Path folder;
  private static Path text;
  private static TrainedRun whole;

  @BeforeAll
  static void train() throws IOException {
    text = TrainedRun.text(folder);
    whole = train(Layout.REPLICATED, "whole").requireSucceeded();
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void aRunGoesOnFromTheNewestCheckpointThatIsWhole(Layout layout) throws IOException {
    TrainedRun damaged = copy(layout, "damaged");
    flipLastByte(damaged.checkpoint(40).resolve(SHARD));
    Files.delete(damaged.checkpoint(30).resolve(SHARD));

    TrainedRun resumed = train(layout, "damaged").requireSucceeded();

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

  @ParameterizedTest
  @EnumSource(Layout.class)
  void aRunThatLostAllCheckpointsDoesNotStartAgainUnasked(Layout layout) throws IOException {
    TrainedRun damaged = copy(layout, "lost");
    for (int step = 10; step <= 40; step += 10) {
      flipLastByte(damaged.checkpoint(step).resolve(SHARD));
    }

    TrainedRun refused = train(layout, "lost");

    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.errors())
        .singleElement()
        .asString()
        .startsWith("INVALID_CONFIG: Cannot resume run.directory ")
        .contains("no checkpoint is whole (step-00000040: " + SHARD + ": its SHA-256 is ")
        .contains("; step-00000010: " + SHARD)
        .endsWith("or set checkpoint.ignore_damaged=true to start again at step 0");
    assertThat(refused.metrics("step_ms")).as("what was measured stays").hasSize(40);

    TrainedRun again = train(layout, "lost", "checkpoint.ignore_damaged=true").requireSucceeded();
    assertThat(again.output()).contains("Training ");
    assertThat(again.shardHashes(40)).isEqualTo(whole.shardHashes(40));
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void onlyTheLastCheckpointsAndEveryFortiethStepStay(Layout layout) {
    TrainedRun run =
        train(
                layout,
                "retained",
                "train.steps=70",
                "checkpoint.keep_last=2",
                "checkpoint.keep_every_steps=40")
            .requireSucceeded();

    assertThat(run.directory().resolve("checkpoints").toFile().list())
        .containsExactlyInAnyOrder("step-00000040", "step-00000060", "step-00000070", "latest");
  }

  private static TrainedRun copy(Layout layout, String name) throws IOException {
    Path directory = directory(layout, name);
    FileUtils.copyDirectory(whole.directory().toFile(), directory.toFile());
    return new TrainedRun(directory, 0, "", List.of());
  }

  private static void flipLastByte(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }

  private static Path directory(Layout layout, String name) {
    return folder.resolve(layout.name()).resolve(name);
  }

  private static TrainedRun train(Layout layout, String name, String... settings) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "train.ranks=2",
                "train.steps=40",
                "checkpoint.every_steps=10",
                "checkpoint.keep_last=0",
                "weights.layout=" + layout.name().toLowerCase(Locale.ROOT)));
    all.addAll(List.of(settings));
    return TrainedRun.tiny(directory(layout, name), text, all.toArray(String[]::new));
  }
}
