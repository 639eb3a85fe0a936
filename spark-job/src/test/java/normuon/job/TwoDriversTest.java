package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two drivers that mean to train in one run directory. */
class TwoDriversTest {

  private static final List<String> SETTINGS =
      List.of("train.steps=400", "checkpoint.every_steps=50", "train.ranks=2");

  @TempDir private Path folder;

  @Test
  void theSecondIsRefusedAndTheFirstTrainsOn() throws Exception {
    Path text = TrainedRun.text(folder);
    TrainedRun undisturbed = train(folder.resolve("undisturbed"), text).requireSucceeded();
    Path directory = folder.resolve("run");
    JobProcess first = start(directory, text);
    TrainedRun second;
    try {
      await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> Files.exists(directory.resolve("metrics.jsonl")));

      second = train(directory, text);
    } finally {
      first.process().waitFor(2, TimeUnit.MINUTES);
      first.process().destroyForcibly();
    }

    assertThat(second.code()).isEqualTo(75);
    assertThat(second.errors())
        .singleElement()
        .asString()
        .startsWith("RETRYABLE: Cannot use run.directory ")
        .contains(": process " + first.process().pid() + " on ");
    assertThat(first.errors()).isEmpty();
    assertThat(first.process().exitValue()).isZero();
    TrainedRun finished = new TrainedRun(directory, 0, "", List.of()).requireSucceeded();
    assertThat(finished.shardHashes(400)).isEqualTo(undisturbed.shardHashes(400));
    assertThat(finished.metrics("step_ms")).hasSize(400);
    assertThat(directory.resolve("lease.json")).doesNotExist();
  }

  @Test
  void aDriverWhoseLeaseWasTakenStopsAndCommitsNoMore() throws Exception {
    Path text = TrainedRun.text(folder);
    Path directory = folder.resolve("run");
    JobProcess first = start(directory, text, "run.lease_seconds=1", "train.steps=100000");
    try {
      await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> Files.exists(directory.resolve("checkpoints").resolve("latest")));
      // What a driver on another machine would write after a pause of this one.
      String taken =
          "{\"owner\":\"another\",\"host\":\"elsewhere\",\"process\":1,\"process_start\":0,"
              + "\"machine\":\"\",\"lease_seconds\":60,\"renewals\":0,\"renewed\":\"\"}";
      await("ends by itself")
          .atMost(Duration.ofMinutes(1))
          .until(
              () -> {
                // Again and again, as a renewal that is under way may be the last to write.
                Files.writeString(directory.resolve("lease.json"), taken);
                return !first.process().isAlive();
              });
    } finally {
      first.process().destroyForcibly();
    }

    assertThat(first.process().exitValue()).isEqualTo(75);
    assertThat(first.errors())
        .last()
        .asString()
        .startsWith("RETRYABLE: Cannot go on in run.directory ")
        .contains("its lease was lost to another process");
    assertThat(directory.resolve("status.json")).as("is the new holder's to write").doesNotExist();
    assertThat(directory.resolve("lease.json")).content().contains("elsewhere");
  }

  private static TrainedRun train(Path directory, Path text) {
    return TrainedRun.tiny(directory, text, SETTINGS.toArray(String[]::new));
  }

  private JobProcess start(Path directory, Path text, String... more) throws IOException {
    List<String> settings = new ArrayList<>(TrainedRun.tinySettings(text));
    settings.addAll(SETTINGS);
    settings.add("run.directory=" + directory);
    settings.addAll(List.of(more));
    List<String> arguments = new ArrayList<>(List.of("train"));
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    return JobProcess.start(folder, List.of("--master", "local[2]"), arguments);
  }
}
