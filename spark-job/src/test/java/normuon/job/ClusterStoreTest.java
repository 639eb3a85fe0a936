package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A full disk, a damaged checkpoint and a second driver, where driver and ranks are processes. */
class ClusterStoreTest {

  private static final String[] SETTINGS = {
    "train.steps=80",
    "checkpoint.every_steps=" + WatchedRun.CHECKPOINT_EVERY,
    "train.ranks=2",
    "recovery.attempts=2",
    "recovery.backoff_seconds=0"
  };

  @TempDir private static Path folder;

  private static Path text;
  private static StandaloneCluster cluster;

  private WatchedRun run;

  @BeforeAll
  static void start() throws Exception {
    text = TrainedRun.text(folder);
    cluster = new StandaloneCluster(folder);
  }

  @AfterEach
  void endTheJob() throws InterruptedException {
    run.killDriver();
  }

  @AfterAll
  static void stop() throws Exception {
    cluster.stop();
  }

  @Test
  void nothingCommittedIsLostAndEachFaultSaysWhatItIs() throws Exception {
    TrainedRun undisturbed =
        TrainedRun.tiny(folder.resolve("undisturbed"), text, SETTINGS).requireSucceeded();
    Path directory = folder.resolve("run");
    Path full = Files.createFile(folder.resolve("full"));
    run =
        new WatchedRun(cluster, text, directory, settings(FaultyFileSystem.path(directory)))
            .with(FaultyFileSystem.fullWhile(full, "step-00000060/rank-00001"));

    run.submit();
    TrainedRun broken = run.awaitEnd();
    assertThat(broken.code()).isEqualTo(75);
    assertThat(broken.errors())
        .last()
        .asString()
        .matches(
            "RETRYABLE: Cannot go on after step [0-9]+, recovery.attempts 2: rank 1 on 127.0.0.1"
                + " .executor [01], cpu. failed in step [0-9]+, write checkpoint: .*Cannot write"
                + " checkpoint .*step-00000060/rank-00001.*: No space left on device; its log: .*");
    assertThat(broken.status().get("message").asText()).contains("No space left on device");
    assertThat(broken.shardHashes(40)).isEqualTo(undisturbed.shardHashes(40));

    assertThat(directory.resolve("lease.json")).doesNotExist();

    Files.delete(full);
    flipByte(broken.checkpoint(40).resolve("rank-00000-of-00002.safetensors"));
    run.submit();
    run.awaitLease();
    // So that it does not end before the second has come; its process lives all the same.
    StandaloneCluster.signal(run.driver(), "STOP");
    TrainedRun second = TrainedRun.tiny(directory, text, SETTINGS);
    StandaloneCluster.signal(run.driver(), "CONT");
    assertThat(second.code()).as(second::output).isEqualTo(75);
    assertThat(second.errors())
        .singleElement()
        .asString()
        .startsWith("RETRYABLE: Cannot use run.directory ")
        .contains(": process " + run.driver().pid() + " on ");

    TrainedRun resumed = run.awaitSuccess();
    assertThat(resumed.output())
        .contains("Passed over checkpoint step-00000040: ", "Resuming after step 20 ");
    assertThat(resumed.shardHashes(80)).isEqualTo(undisturbed.shardHashes(80));
    run.awaitNoExecutors();
  }

  private static String[] settings(String directory) {
    List<String> settings = new ArrayList<>(List.of(SETTINGS));
    settings.add("run.directory=" + directory);
    return settings.toArray(String[]::new);
  }

  private static void flipByte(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      long middle = bytes.length() / 2;
      bytes.seek(middle);
      int value = bytes.read();
      bytes.seek(middle);
      bytes.write(value ^ 1);
    }
  }
}
