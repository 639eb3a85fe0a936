package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bad input ends before training with one line that says what is wrong and what is allowed. */
class InvalidInputTest {

  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = TrainedRun.text(folder);
  }

  @Test
  void unknownKey() {
    assertInvalid("train.stepz=3", "train.stepz", "train.steps");
  }

  @Test
  void wrongType() {
    assertInvalid("train.steps=many", "train.steps", "\"many\"", "whole number");
  }

  @Test
  void missingFile() {
    assertInvalid("data.path=" + folder.resolve("nothing.txt"), "data.path", "does not exist");
  }

  @Test
  void emptyFile() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.txt"));
    assertInvalid("data.path=" + empty, "data.path", empty.toString(), "empty");
  }

  @Test
  void invalidUtf8() throws IOException {
    byte[] bytes = Files.readString(text).getBytes(StandardCharsets.UTF_8);
    bytes[1234] = (byte) 0xC3;
    Path broken = Files.write(folder.resolve("broken.txt"), bytes);
    assertInvalid("data.path=" + broken, "data.path", broken.toString(), "UTF-8", "1234");
  }

  @Test
  void textShorterThanOneSequence() throws IOException {
    Path tiny = Files.writeString(folder.resolve("short.txt"), "too short");
    assertInvalid("data.path=" + tiny, "data.path", tiny.toString(), "17");
  }

  @Test
  void emptyValidationSplit() {
    assertInvalid("data.validation_fraction=0.0001", "data.validation_fraction", "0.0001", "17");
  }

  @Test
  void headsThatDoNotDivideTheWidth() {
    assertInvalid("model.heads=3", "model.heads", "3", "model.width");
  }

  @Test
  void moreRanksThanSlots() {
    assertInvalid("train.ranks=4", "train.ranks", "4", "3", "local[4]");
  }

  @Test
  void runDirectoryOfAnotherConfiguration() {
    String steps = "train.steps=2";
    TrainedRun first = TrainedRun.tiny(folder.resolve("run"), text, steps).requireSucceeded();

    TrainedRun other = TrainedRun.tiny(folder.resolve("run"), text, steps, "model.width=40");

    assertThat(other.code()).isEqualTo(2);
    assertThat(other.errors()).singleElement().asString().contains("run.directory", "model.width");
    assertThat(first.status().get("status").asText()).as("that run's own").isEqualTo("SUCCEEDED");
  }

  @Test
  void divergenceIsNotSuccess() {
    TrainedRun run =
        TrainedRun.tiny(
            folder.resolve("diverged"), text, "train.steps=10", "optimizer.learning_rate=1e38");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.errors()).singleElement().asString().startsWith("DIVERGED: Invalid gradient of");
    assertThat(run.status().get("status").asText()).isEqualTo("DIVERGED");
  }

  private void assertInvalid(String setting, String... parts) {
    Path directory = folder.resolve("run");

    TrainedRun run = TrainedRun.tiny(directory, text, "train.steps=2", setting);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errors()).singleElement().asString().startsWith("INVALID_CONFIG: ");
    Arrays.asList(parts).forEach(part -> assertThat(run.errors().get(0)).contains(part));
    assertThat(run.status().get("status").asText()).isEqualTo("INVALID_CONFIG");
    assertThat(directory.resolve("checkpoints")).doesNotExist();
  }
}
