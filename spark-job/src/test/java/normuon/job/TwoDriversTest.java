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

  private static TrainedRun train(Path directory, Path text) {
    return TrainedRun.tiny(directory, text, SETTINGS.toArray(String[]::new));
  }

  private JobProcess start(Path directory, Path text) throws IOException {
    List<String> settings = new ArrayList<>(TrainedRun.tinySettings(text));
    settings.addAll(SETTINGS);
    settings.add("run.directory=" + directory);
    List<String> arguments = new ArrayList<>(List.of("train"));
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    return JobProcess.start(folder, List.of("--master", "local[2]"), arguments);
  }
}
