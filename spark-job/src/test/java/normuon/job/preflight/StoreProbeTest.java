package normuon.job.preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import normuon.job.config.PlacementSettings;
import normuon.job.train.Placement;
import normuon.job.train.RunFiles;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreProbeTest {

  private static final Placement PLACE = new Placement(3, "host", "7", List.of(), "cpu");

  private static SparkSession session;

  @TempDir private Path folder;

  @BeforeAll
  static void openSession() {
    session =
        SparkSession.builder().master("local[1]").config("spark.ui.enabled", false).getOrCreate();
  }

  @AfterAll
  static void closeSession() {
    session.stop();
  }

  @Test
  void sharedStoreIsLeftAsItWas() throws IOException {
    RunFiles files = RunFiles.of(folder.resolve("run").toString());
    StoreProbe.write(files, "token");

    assertThat(problems(folder.resolve("run"), folder.toString())).isEmpty();

    StoreProbe.remove(files, "token");
    try (Stream<Path> left = Files.list(folder.resolve("run"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void directoryOfThatNameOnAnotherHostIsNotTheDrivers() {
    assertThat(problems(folder))
        .containsExactly(
            "Invalid run.directory %s: what the driver writes there does not exist for rank 3 on"
                    .formatted(folder)
                + " host; choose a file system that driver and executors share");
  }

  @Test
  void whatCannotBeUsedAsADirectoryIsTold() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");

    assertThat(problems(file)).singleElement().asString().contains("run.directory " + file);
    assertThatThrownBy(() -> StoreProbe.write(RunFiles.of(file.toString()), "token"))
        .isInstanceOf(IOException.class);
    assertThat(problems(Path.of("nosuchfilesystem://host/run")))
        .singleElement()
        .asString()
        .startsWith("Cannot write to run.directory nosuchfilesystem:/host/run from rank 3 on host:")
        .endsWith("choose another run.directory");
  }

  @Test
  void inputThatOnlyTheDriverSeesIsTold() throws IOException {
    StoreProbe.write(RunFiles.of(folder.toString()), "token");

    assertThat(problems(folder, folder + "/nothing.txt"))
        .containsExactly(
            "Cannot reach %s/nothing.txt from rank 3 on host, though the driver can: it does not"
                    .formatted(folder)
                + " exist there; move it to a file system that driver and executors share");
  }

  private static List<String> problems(Path directory, String... inputs) {
    List<String> problems = new ArrayList<>();
    StoreProbe.check(
        new ProbeRequest(
            PlacementSettings.Device.AUTO, directory.toString(), "token", List.of(inputs)),
        PLACE,
        problems);
    return problems;
  }
}
