package normuon.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsLogTest {

  @TempDir private Path folder;

  private RunDirectory directory;

  @BeforeEach
  void openDirectory() {
    directory = LocalDirectories.plain(folder);
  }

  @Test
  void lineHasTheFieldsThatScriptsRelyOn() throws IOException {
    try (MetricsLog log = MetricsLog.open(directory, 0)) {
      log.append(ExampleSteps.step(1));
      log.append(new EvaluationRecord(1, 2.5, 77));

      assertThat(Files.readAllLines(folder.resolve("metrics.jsonl")))
          .as("lines are readable while the run goes on")
          .containsExactly(
              "{\"step\":1,\"loss\":4.0,\"learning_rate\":0.01,\"tokens\":1000,\"grad_norm\":0.5,"
                  + "\"step_ms\":100.0,\"data_ms\":1.0,\"backward_ms\":60.0,\"reduce_ms\":10.0,"
                  + "\"collect_ms\":5.0,\"orthogonalize_ms\":15.0,\"broadcast_ms\":4.0,"
                  + "\"apply_ms\":5.0,\"control_ms\":0.5,\"tokens_per_second\":10000.0,\"newton_schulz_calls\":8,"
                  + "\"refused_steps\":0}",
              "{\"step\":1,\"validation_loss\":2.5,\"validation_tokens\":77}");
    }
  }

  @Test
  void lineOfARunWithSophiaHasThreeFieldsMore() throws IOException {
    try (MetricsLog log = MetricsLog.open(directory, 0)) {
      log.append(ExampleSteps.step(1, new CurvatureRecord(12, false, 0.25)));
      log.append(ExampleSteps.step(2, new CurvatureRecord(0, true, Double.NaN)));
    }

    List<String> lines = Files.readAllLines(folder.resolve("metrics.jsonl"));
    assertThat(lines.get(0))
        .endsWith(
            ",\"refused_steps\":0,\"curvature_ms\":12.0,\"curvature_refused\":false,"
                + "\"unclipped_fraction\":0.25}");
    assertThat(lines.get(1)).endsWith(",\"unclipped_fraction\":null}");
  }

  @Test
  void whatIsNoNumberIsNull() throws IOException {
    try (MetricsLog log = MetricsLog.open(directory, 0)) {
      log.append(ExampleSteps.refused(1));
    }

    assertThat(Files.readString(folder.resolve("metrics.jsonl")))
        .contains("\"loss\":null", "\"grad_norm\":null", "\"refused_steps\":1")
        .doesNotContain("NaN");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void resumeKeepsTheLinesUpToItsStepAndDropsLaterOnes(boolean local) throws IOException {
    RunDirectory anywhere = local ? directory : LocalDirectories.remote(folder);
    try (MetricsLog log = MetricsLog.open(anywhere, 0)) {
      for (int step = 1; step <= 5; step++) {
        log.append(ExampleSteps.step(step));
        log.append(new EvaluationRecord(step, 2.5, 77));
      }
    }
    Path file = folder.resolve("metrics.jsonl");
    Files.writeString(file, "{\"step\":6,\"lo", StandardOpenOption.APPEND);

    assertThat(MetricsLog.lastStep(anywhere)).isEqualTo(5);
    assertThat(MetricsLog.read(anywhere))
        .as("without the torn line")
        .extracting(line -> line.get("step").asInt())
        .containsExactly(1, 1, 2, 2, 3, 3, 4, 4, 5, 5);
    try (MetricsLog log = MetricsLog.open(anywhere, 3)) {
      log.append(ExampleSteps.step(4));
    }

    assertThat(steps(file)).containsExactly(1, 1, 2, 2, 3, 3, 4);
    assertThat(MetricsLog.lastStep(anywhere)).isEqualTo(4);
  }

  @Test
  void evaluationsAreReadByTheirSteps() throws IOException {
    try (MetricsLog log = MetricsLog.open(directory, 0)) {
      log.append(ExampleSteps.step(1));
      log.append(new EvaluationRecord(1, 2.5, 77));
      log.append(new EvaluationRecord(2, Double.NaN, 77));
      log.append(new EvaluationRecord(3, 2.3, 77));
      log.append(new EvaluationRecord(3, 2.25, 77));
    }
    Path file = folder.resolve("metrics.jsonl");
    Files.writeString(file, "{\"step\":4,\"validation_lo", StandardOpenOption.APPEND);

    assertThat(MetricsLog.evaluations(directory))
        .containsExactly(new EvaluationRecord(1, 2.5, 77), new EvaluationRecord(3, 2.25, 77));
  }

  @Test
  void newRunBeginsWithAnEmptyLog() throws IOException {
    try (MetricsLog log = MetricsLog.open(directory, 0)) {
      log.append(ExampleSteps.step(1));
    }
    MetricsLog.open(directory, 0).close();

    assertThat(folder.resolve("metrics.jsonl")).isEmptyFile();
    assertThat(MetricsLog.lastStep(directory)).isZero();
  }

  @Test
  void fileSystemWithoutAppendHasWholeFilesAtEachFlush() throws IOException {
    RunDirectory remote = LocalDirectories.remote(folder);
    Path file = folder.resolve("metrics.jsonl");
    try (MetricsLog log = MetricsLog.open(remote, 0)) {
      log.append(ExampleSteps.step(1));
      assertThat(steps(file)).isEmpty();
      log.flush();
      assertThat(steps(file)).containsExactly(1);
      log.append(ExampleSteps.step(2));
    }
    assertThat(steps(file)).containsExactly(1, 2);
  }

  private static List<Integer> steps(Path file) throws IOException {
    List<Integer> steps = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode record = new ObjectMapper().readTree(line);
      steps.add(record.get("step").intValue());
    }
    return steps;
  }
}
