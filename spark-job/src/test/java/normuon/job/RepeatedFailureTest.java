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
    Path text = TrainedRun.text(folder);
    String tokens = "data.tokens_directory=" + folder.resolve("tokens");
    TrainedRun.tiny(folder.resolve("whole"), text, "train.steps=2", tokens).requireSucceeded();
    Files.delete(folder.resolve("tokens").resolve("train-00000.bin"));

    TrainedRun run =
        TrainedRun.tiny(
            folder.resolve("run"),
            text,
            "train.steps=2",
            tokens,
            "recovery.attempts=2",
            "recovery.backoff_seconds=0");

    assertThat(run.code()).isEqualTo(75);
    assertThat(run.errors())
        .singleElement()
        .asString()
        .startsWith("RETRYABLE: Cannot go on after step 0, recovery.attempts 2: rank ")
        .contains(" (executor driver, cpu) failed in step 1, restore: ", "train-00000.bin");
    assertThat(run.errors().get(0)).endsWith(run.status().get("message").asText());
    assertThat(run.status().get("status").asText()).isEqualTo("RETRYABLE");
    assertThat(run.output())
        .contains("An attempt failed: rank ", "Going on after step 0 on 2 ranks: rank ");
  }
}
