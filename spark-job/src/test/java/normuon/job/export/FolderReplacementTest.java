package normuon.job.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderReplacementTest {

  @TempDir private Path parent;
  private Path output;
  private FolderReplacement replacement;

  @BeforeEach
  void open() throws IOException {
    output = parent.resolve("model");
    replacement =
        new FolderReplacement(
            FileSystem.getLocal(new Configuration()),
            new org.apache.hadoop.fs.Path(output.toUri()));
  }

  @Test
  void aFailureLeavesWhatWasThereAndNothingElse() throws IOException {
    replacement.write(folder -> export(folder, "first"));

    assertThatThrownBy(
            () ->
                replacement.write(
                    folder -> {
                      export(folder, "second");
                      throw new IOException("the disk is full");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("the disk is full");

    assertThat(output.resolve("normuon.json")).hasContent("first");
    assertOnlyTheOutput();
  }

  @Test
  void theLaterOfTwoExportsToOnePlaceIsThere() throws IOException {
    replacement.write(
        folder -> {
          replacement.write(other -> export(other, "begun later, done first"));
          return export(folder, "begun first, done later");
        });

    assertThat(output.resolve("normuon.json")).hasContent("begun first, done later");
    assertOnlyTheOutput();
  }

  @Test
  void whatHasAppearedMeanwhileIsNotReplaced() throws IOException {
    assertThatThrownBy(
            () ->
                replacement.write(
                    folder -> {
                      Files.writeString(Files.createDirectory(output).resolve("notes.txt"), "mine");
                      return export(folder, "export");
                    }))
        .hasMessageContaining("it exists and is no earlier export, as it has no normuon.json");

    assertThat(output.resolve("notes.txt")).hasContent("mine");
    assertOnlyTheOutput();
  }

  private static Path export(org.apache.hadoop.fs.Path folder, String content) throws IOException {
    return Files.writeString(Path.of(folder.toUri().getPath(), "normuon.json"), content);
  }

  private void assertOnlyTheOutput() throws IOException {
    try (Stream<Path> files = Files.list(parent)) {
      assertThat(files).containsExactly(output);
    }
  }
}
