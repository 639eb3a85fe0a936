package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import normuon.job.checkpoint.RunLease;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetrainCommandTest {

  @TempDir private Path folder;

  private GrowingTable table;
  private RetrainedLine line;

  @BeforeEach
  void nameTable() {
    table = new GrowingTable("delta", folder.resolve("db/documents"));
    line = RetrainedLine.of(folder.resolve("line"), table);
  }

  @Test
  void whatWasBrokenOffAnywhereIsFinishedAndNotRepeated() throws IOException {
    table.addWords(1, 60);
    assertThat(line.retrain("--dry-run").output())
        .contains("parent      none", "version 0", "rows        60", "budget      40 steps");
    assertThat(line.directory()).doesNotExist();
    requireExit(0, "PROMOTED: Generation 1 is the model to use");
    String promoted = read("promoted.json");

    // Killed between the verdict and the promotion.
    Files.delete(line.directory().resolve("promoted.json"));
    RetrainedLine.Result finished = requireExit(0, "PROMOTED: Generation 1 is the model to use");
    assertThat(finished.output()).as("nothing is trained").hasLineCount(1);
    assertThat(read("promoted.json")).isEqualTo(promoted);

    table.addWords(2, 1);
    requireExit(0, "NO_NEW_DATA: Too little came so far, and waits for more: ");
    assertThat(line.generation(2)).doesNotExist();
    table.addWords(3, 40);
    List<String> before = files();
    assertThat(line.retrain("--dry-run").output())
        .contains(
            "parent      generation 1",
            "versions after 0 to 2",
            "rows        41",
            "generation  2",
            "1.0 epochs of these rows");
    assertThat(files()).as("a dry run writes nothing").isEqualTo(before);
    requireExit(0, "PROMOTED: Generation 2 is the model to use");

    // Killed before the verdict.
    String losses = line.verdict(2).at("/losses").toString();
    Files.delete(line.generation(2).resolve("verdict.json"));
    Files.writeString(line.directory().resolve("promoted.json"), promoted);
    RetrainedLine.Result other = line.retrain("--set", "retrain.tolerance=0.5");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.errors())
        .contains("INVALID_CONFIG: Invalid retrain: ", "generation-0002 was begun with ");
    RetrainedLine.Result filtered =
        line.retrain("--set", table.source().replace("key_column: id", "filter: 'id > 3'"));
    assertThat(filtered.code()).isEqualTo(2);
    assertThat(filtered.errors()).contains("generation-0002 was begun with other columns");
    requireExit(0, "PROMOTED: Generation 2 is the model to use");
    assertThat(line.verdict(2).at("/losses").toString()).isEqualTo(losses);
  }

  @Test
  void aGenerationThatDivergesIsNoParent() throws IOException {
    table.addWords(1, 60);

    RetrainedLine.Result diverged =
        line.retrain(
            "--set",
            "optimizer.adamw.learning_rate=1e30",
            "--set",
            "optimizer.max_refused_steps=0");

    assertThat(diverged.code()).as(diverged.output() + diverged.errors()).isEqualTo(3);
    assertThat(diverged.errors())
        .contains("DIVERGED: Generation 1 is not promoted, no model is in use");
    assertThat(line.status().at("/status").asText()).isEqualTo("DIVERGED");
    assertThat(line.verdict(1).at("/outcome").asText()).isEqualTo("DIVERGED");
    requireExit(0, "PROMOTED: Generation 2 is the model to use");
    assertThat(line.promoted().at("/parent").asInt()).isZero();
  }

  @Test
  void theSecondRetrainingAtOnceIsRefused() throws IOException {
    Files.createDirectories(line.directory());
    FileSystem local = FileSystem.getLocal(new Configuration());
    org.apache.hadoop.fs.Path directory = new org.apache.hadoop.fs.Path(line.directory().toUri());
    try (RunLease first = RunLease.take(local, directory, 60, notice -> {})) {
      RetrainedLine.Result second = line.retrain();

      assertThat(second.code()).isEqualTo(75);
      assertThat(second.errors())
          .startsWith("RETRYABLE: Cannot retrain, as another retraining is under way: ")
          .contains("process " + ProcessHandle.current().pid() + " on ", " holds its lease")
          .hasLineCount(1);
      first.requireHeld();
    }

    assertThat(line.directory()).isEmptyDirectory();
  }

  @Test
  void whatCannotBeRetrainedIsRefused() {
    requireInvalid("retrain.directory=", "Invalid retrain.directory \"\": must name the directory");
    requireInvalid("data.sources=[]", "Invalid data.sources []: retrain must have tables");
    requireInvalid(
        "data.sources=[{format: lines, path: a, weight: 2}]",
        "Invalid data.sources: retrain mixes new rows with old ones by retrain.old_share");
    requireInvalid(
        "data.tokenizer=char", "Invalid data.tokenizer char: its vocabulary would change");
    assertThat(line.directory()).doesNotExist();
  }

  private void requireInvalid(String setting, String message) {
    RetrainedLine.Result result = line.retrain("--set", setting);

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.errors()).startsWith("INVALID_CONFIG: " + message);
  }

  private RetrainedLine.Result requireExit(int code, String message) {
    RetrainedLine.Result result = line.retrain();
    assertThat(result.code()).as(result.output() + result.errors()).isEqualTo(code);
    assertThat(result.output() + result.errors()).contains(message);
    return result;
  }

  private String read(String name) throws IOException {
    return Files.readString(line.directory().resolve(name));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(line.directory())) {
      return files.sorted().map(file -> file + " " + file.toFile().lastModified()).toList();
    }
  }
}
