package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidateCommandTest {

  @TempDir private Path folder;

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  @Test
  void soundClusterIsToldAndNothingIsTrained() throws IOException {
    Path text = TrainedRun.text(folder);

    assertThat(run("data.path=" + text, "placement.device=cpu")).as(text(errors)).isZero();

    assertThat(text(output))
        .containsPattern("rank 0 on \\S+ \\(executor driver\\) computes on cpu")
        .containsPattern("rank 1 on \\S+ \\(executor driver\\) computes on cpu")
        .contains("The vocabulary is taken to be 256: the text is not read")
        .contains("Plan for 2 ranks:")
        .endsWith("VALID\n");
    try (Stream<Path> left = Files.list(folder.resolve("run"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void everythingThatIsWrongIsToldAtOnce() throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(folder.resolve("run/status.json"), "untouched");

    assertThat(run("train.ranks=5", "placement.device=gpu")).isEqualTo(2);
    assertThat(run("placement.device=gpu")).isEqualTo(2);

    List<String> lines = text(errors).lines().toList();
    assertThat(lines).hasSize(3).allMatch(line -> line.startsWith("INVALID_CONFIG: Invalid "));
    assertThat(lines.get(0)).contains("train.ranks 5: Spark has 3 task slots at local[3]");
    assertThat(lines.subList(1, 3))
        .allMatch(line -> line.contains("placement.device gpu: Spark gave the task on "));
    assertThat(folder.resolve("run/status.json")).hasContent("untouched");
    assertThat(text(output)).isEmpty();
  }

  private int run(String... settings) {
    List<String> arguments = new ArrayList<>(List.of("validate"));
    arguments.addAll(List.of("--set", "run.directory=" + folder.resolve("run")));
    List.of(settings).forEach(setting -> arguments.addAll(List.of("--set", setting)));
    System.setProperty("spark.master", "local[3]");
    System.setProperty("spark.ui.enabled", "false");
    return Main.run(
        new PrintStream(output, true, StandardCharsets.UTF_8),
        new PrintStream(errors, true, StandardCharsets.UTF_8),
        arguments.toArray(String[]::new));
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
