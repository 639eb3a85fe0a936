package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Stores that are full, slow, or cannot be written. */
class StoreFailureTest {

  @TempDir private static Path folder;
  private static Path text;
  private static TrainedRun undisturbed;

  @BeforeAll
  static void train() throws IOException {
    text = TrainedRun.text(folder);
    undisturbed = run(folder.resolve("undisturbed")).requireSucceeded();
  }

  @BeforeEach
  void register() {
    FaultyFileSystem.register();
  }

  @AfterEach
  void unregister() {
    FaultyFileSystem.unregister();
  }

  @ParameterizedTest
  @CsvSource({
    "step-00000020/rank-00001,  5000, rank 1 .* write checkpoint: .*Cannot write checkpoint",
    "step-00000030/rank-00000,     0, rank 0 .* write checkpoint: .*Cannot write checkpoint",
    "step-00000040/rank-00000,     0, rank 0 .* write checkpoint: .*Cannot write checkpoint",
    "step-00000020/_manifest,    100, Cannot commit checkpoint",
    "step-00000040/_manifest,    100, Cannot commit checkpoint"
  })
  void aFullDiskEndsTheRunAfterItsAttemptsAndLosesNoCommittedStep(
      String part, long bytes, String message) throws IOException {
    Path directory = folder.resolve(part.replace('/', '-'));
    FaultyFileSystem.limit(part, bytes);

    TrainedRun broken = faulty(directory);

    assertThat(broken.code()).isEqualTo(75);
    assertThat(broken.errors())
        .singleElement()
        .asString()
        .startsWith("RETRYABLE: Cannot go on after step ")
        .matches(".*, recovery.attempts 2: " + message + ".* No space left on device");
    assertThat(broken.output()).containsOnlyOnce("Going on after step ");
    assertThat(broken.status().get("message").asText()).endsWith("No space left on device");
    assertThat(broken.checkpoint(10).resolve("manifest.json")).exists();
    FaultyFileSystem.limit(part, Long.MAX_VALUE);

    TrainedRun resumed = faulty(directory).requireSucceeded();
    assertThat(resumed.output()).contains("Resuming after step ");
    assertThat(resumed.shardHashes(40)).isEqualTo(undisturbed.shardHashes(40));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"step-00000020/rank-00001", "step-00000030/_manifest", "checkpoints/_latest"})
  void aStoreThatFailsOnceCostsNothingButTime(String part) throws IOException {
    Path directory = folder.resolve("once-" + part.replace('/', '-'));
    FaultyFileSystem.failOnce(part);

    TrainedRun run = faulty(directory).requireSucceeded();

    assertThat(FaultyFileSystem.failures(part)).isOne();
    assertThat(run.shardHashes(40)).isEqualTo(undisturbed.shardHashes(40));
    assertThat(run.metrics("step_ms")).hasSize(40);
  }

  @Test
  void metricsThatCannotBeWrittenEndTheRunInOneLine() throws IOException {
    Path directory = folder.resolve("metrics");
    FaultyFileSystem.limit("metrics.jsonl", 4000);

    TrainedRun broken = faulty(directory);

    assertThat(broken.code()).isEqualTo(75);
    assertThat(broken.errors())
        .singleElement()
        .asString()
        .startsWith("RETRYABLE: Cannot write ")
        .contains("metrics.jsonl")
        .endsWith("No space left on device");
  }

  @Test
  void aStoreThatCannotBeWrittenIsNamed() throws IOException {
    Path directory = Files.createDirectory(folder.resolve("file"));
    Files.writeString(directory.resolve("checkpoints"), "in the place of the folder");

    TrainedRun broken = run(directory);

    assertThat(broken.code()).isEqualTo(75);
    assertThat(broken.errors())
        .singleElement()
        .asString()
        .startsWith("RETRYABLE: Cannot go on after step 10, recovery.attempts 2: rank ")
        .contains("write checkpoint", directory + "/checkpoints");
  }

  @Test
  void trainingDoesNotWaitForASlowStore() throws Exception {
    Path directory = folder.resolve("slow");
    CountDownLatch gate = new CountDownLatch(1);
    FaultyFileSystem.hold("step-00000010/rank-00000", gate);
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    CompletableFuture<TrainedRun> running =
        CompletableFuture.supplyAsync(() -> faulty(directory, output));

    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> running.isDone() || output.toString().contains("step 20/40"));
    assertThat(running).as("it waits with the next checkpoint for this one").isNotDone();
    assertThat(directory.resolve("checkpoints/step-00000010/manifest.json")).doesNotExist();
    gate.countDown();

    TrainedRun finished = running.get(2, TimeUnit.MINUTES).requireSucceeded();
    for (int step = 20; step <= 40; step += 10) {
      assertThat(finished.shardHashes(step)).isEqualTo(undisturbed.shardHashes(step));
    }
  }

  private static TrainedRun run(Path directory) {
    return train(directory, directory.toString(), new ByteArrayOutputStream());
  }

  private static TrainedRun faulty(Path directory) {
    return faulty(directory, new ByteArrayOutputStream());
  }

  private static TrainedRun faulty(Path directory, ByteArrayOutputStream output) {
    return train(directory, FaultyFileSystem.path(directory), output);
  }

  private static TrainedRun train(Path directory, String path, ByteArrayOutputStream output) {
    List<String> settings = new ArrayList<>(TrainedRun.tinySettings(text));
    settings.addAll(
        List.of(
            "run.directory=" + path,
            "train.ranks=2",
            "train.steps=40",
            "checkpoint.every_steps=10",
            "recovery.attempts=2",
            "recovery.backoff_seconds=0",
            "report.line_every_steps=1"));
    return TrainedRun.train(directory, settings, output);
  }
}
