package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What fails again and again is not tried for ever, and its first cause is told. */
class RepeatedFailureTest {

  @TempDir private Path folder;

  @Test
  void aRunEndsAfterItsAttemptsAndNamesTheRankThatFailedFirst() throws Exception {
    Path directory = Files.createDirectories(folder.resolve("run"));
    Files.writeString(directory.resolve("checkpoints"), "a file where a folder should be");

    TrainedRun run =
        TrainedRun.tiny(
            directory,
            TrainedRun.text(folder),
            "train.steps=4",
            "checkpoint.every_steps=2",
            "recovery.attempts=2",
            "recovery.backoff_seconds=0");

    assertThat(run.code()).isEqualTo(75);
    assertThat(run.errors())
        .singleElement()
        .asString()
        .startsWith("RETRYABLE: Cannot go on after step 0, recovery.attempts 2: rank ")
        .contains(
            " (executor driver, cpu) failed in step 2, checkpoint: UncheckedIOException:"
                + " Cannot write checkpoint ");
    assertThat(run.errors().get(0)).endsWith(run.status().get("message").asText());
    assertThat(run.status().get("status").asText()).isEqualTo("RETRYABLE");
    assertThat(run.output())
        .contains("An attempt failed: rank ", "Going on after step 0 on 2 ranks: rank ");
    assertThat(run.metrics("step_ms"))
        .extracting(line -> line.get("step").asInt())
        .as("the steps of the second attempt alone")
        .containsExactly(1, 2);
  }
}
