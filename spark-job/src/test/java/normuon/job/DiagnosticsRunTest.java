package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Measuring the optimizer while it trains through Spark. */
class DiagnosticsRunTest {

  private static final String EVERY = "report.diagnostics_every_steps=";
  private static final int STEPS = 20;

  @TempDir private static Path folder;
  private static Path text;
  private static TrainedRun normuon;

  @BeforeAll
  static void train() throws IOException {
    text = TrainedRun.text(folder);
    normuon = train("normuon", EVERY + 5);
  }

  @Test
  void everyMeasuredStepHasALineWithEveryParameter() throws IOException {
    List<JsonNode> lines = lines(normuon);
    List<String> routed = new ArrayList<>();
    try (Stream<String> rules = Files.lines(normuon.directory().resolve("routing.txt"))) {
      rules.filter(line -> line.contains(".")).forEach(routed::add);
    }

    assertThat(lines).extracting(line -> line.get("step").asInt()).containsExactly(5, 10, 15, 20);
    for (JsonNode line : lines) {
      assertThat(line.get("clipped_steps").asDouble()).isBetween(0.0, 1.0);
      assertThat(parameters(line))
          .extracting(parameter -> parameter.get("name").asText())
          .startsWith("model.embed_tokens.weight")
          .doesNotHaveDuplicates()
          .allSatisfy(name -> assertThat(routed).anyMatch(rule -> rule.contains(name)))
          .contains("model.layers.1.mlp.down_proj.weight", "lm_head.weight");
    }
  }

  /** What the paper argues with, where rows differ at all: in tall matrices. */
  @Test
  void normuonLevelsRowsAndMuonDoesNot() {
    TrainedRun muon = train("muon", EVERY + 5, "optimizer.name=muon");

    assertThat(deviation(normuon, "row_norms_before")).isGreaterThan(0.1);
    assertThat(deviation(normuon, "row_norms_after"))
        .as("mean deviation of row norms after normalization")
        .isLessThan(deviation(normuon, "row_norms_before") / 1.5);
    assertThat(deviation(muon, "row_norms_after"))
        .isCloseTo(deviation(muon, "row_norms_before"), Offset.offset(1e-4));
  }

  @ParameterizedTest
  @ValueSource(strings = {"adamw", "sophia_g"})
  void rulesThatDoNotOrthogonalizeHaveNoConditionNumbers(String rule) {
    JsonNode line = lines(train(rule, EVERY + 10, "optimizer.name=" + rule)).get(0);

    for (JsonNode parameter : parameters(line)) {
      assertThat(parameter.get("rule").asText()).isEqualTo(rule);
      assertThat(parameter.get("update_to_weight").asDouble()).isPositive();
      assertThat(parameter.has("row_norms_after"))
          .as("row norms of %s", parameter.get("name"))
          .isEqualTo(parameter.get("columns").asInt() > 1);
      assertThat(parameter.has("momentum_condition")).isFalse();
      assertThat(parameter.has("row_norms_before")).isFalse();
    }
  }

  @Test
  void measuringChangesNoBitOfTheRun() {
    TrainedRun unmeasured = train("unmeasured", EVERY + 0);

    assertThat(unmeasured.shardHashes(STEPS)).isEqualTo(normuon.shardHashes(STEPS));
    assertThat(unmeasured.directory().resolve("diagnostics.jsonl")).isEmptyFile();
  }

  @Test
  void aResumedRunMeasuresItsStepsAgain() throws IOException {
    String[] settings = {EVERY + 4, "checkpoint.every_steps=10"};
    TrainedRun undisturbed = train("resumed", settings);
    List<JsonNode> expected = lines(undisturbed);

    // A checkpoint without its manifest does not exist, so that the run goes on after step 10.
    Files.delete(undisturbed.checkpoint(STEPS).resolve("manifest.json"));
    TrainedRun resumed = train("resumed", settings);

    assertThat(resumed.output()).contains("Resuming after step 10");
    assertThat(lines(resumed)).isEqualTo(expected);
  }

  private static TrainedRun train(String name, String... settings) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "train.steps=" + STEPS,
                "train.ranks=2",
                "optimizer.gradient_clip=0.9",
                "optimizer.schedule.warmup_steps=5"));
    all.addAll(List.of(settings));
    return TrainedRun.tiny(folder.resolve(name), text, all.toArray(String[]::new))
        .requireSucceeded();
  }

  private static List<JsonNode> lines(TrainedRun run) {
    try {
      List<JsonNode> lines = new ArrayList<>();
      for (String line : Files.readAllLines(run.directory().resolve("diagnostics.jsonl"))) {
        lines.add(TrainedRun.JSON.readTree(line));
      }
      return lines;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<JsonNode> parameters(JsonNode line) {
    return StreamSupport.stream(line.get("parameters").spliterator(), false).toList();
  }

  private static double deviation(TrainedRun run, String rows) {
    return lines(run).stream()
        .flatMap(line -> parameters(line).stream())
        .filter(parameter -> parameter.has("row_norms_before"))
        .filter(parameter -> parameter.get("rows").asInt() > parameter.get("columns").asInt())
        .mapToDouble(parameter -> parameter.get(rows).get("deviation").asDouble())
        .average()
        .orElseThrow();
  }
}
