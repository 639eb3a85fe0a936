package normuon.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {

  @TempDir private Path folder;

  @Test
  void filesAreReplacedWholeAndLeaveNothingBeside() throws IOException {
    for (RunDirectory directory :
        new RunDirectory[] {
          LocalDirectories.plain(folder.resolve("a")), LocalDirectories.remote(folder.resolve("b"))
        }) {
      assertThat(directory.read("status.json")).isEmpty();
      directory.create();
      directory.replace("status.json", "one");
      directory.replace("status.json", "two\nlines");

      assertThat(directory.read("status.json")).contains("two\nlines");
      assertThat(Path.of(directory.path().toUri().getPath()))
          .isDirectoryContaining("glob:**/status.json");
      try (var files = Files.list(Path.of(directory.path().toUri().getPath()))) {
        assertThat(files).as("no temporary or checksum file stays").hasSize(1);
      }
      List<String> lines = new ArrayList<>();
      directory.forEachLine("status.json", lines::add);
      directory.forEachLine("metrics.jsonl", lines::add);
      assertThat(lines).as("of the one that exists").containsExactly("two", "lines");
      assertThat(directory.has("status.json")).isTrue();
      assertThat(directory.has("metrics.jsonl")).isFalse();
      directory.remove("status.json");
      directory.remove("status.json");
      assertThat(directory.read("status.json")).isEmpty();
    }
  }

  @Test
  void fileThatCannotBeReadIsNotTakenForMissing() throws IOException {
    Files.createDirectory(folder.resolve("metrics.jsonl"));

    assertThatThrownBy(
            () -> LocalDirectories.plain(folder).forEachLine("metrics.jsonl", line -> {}))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageStartingWith("Cannot read file:")
        .hasMessageEndingWith("metrics.jsonl");
  }

  @Test
  void storedConfigurationIsTheOneThatWasWritten() {
    RunDirectory directory = LocalDirectories.plain(folder);
    assertThat(directory.configuration()).isEmpty();

    RunConfiguration configuration = RunConfiguration.fromYaml("train: {steps: 77}", "test");
    directory.replace("config.yaml", configuration.toYaml());

    assertThat(directory.configuration()).contains(configuration);
  }

  @Test
  void placeThatCannotBeADirectoryIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "in the way");

    assertThatThrownBy(() -> LocalDirectories.plain(file.resolve("run")).create())
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageStartingWith("Cannot make run.directory file:");
  }
}
