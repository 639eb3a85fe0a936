package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs whose parameters have Sophia. */
class SophiaRunTest {

  private static final int STEPS = 20;
  private static final List<String> PHASES =
      List.of(
          "data",
          "backward",
          "reduce",
          "collect",
          "orthogonalize",
          "broadcast",
          "apply",
          "curvature");

  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = TrainedRun.text(folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sophia_g", "sophia_h"})
  void anyRanksAndMicroBatchesComeToTheSame(String rule) throws IOException {
    TrainedRun alone = train("alone", rule, 1);
    Map<String, float[]> expected = WholeTensors.of(alone.checkpoint(STEPS));
    assertThat(expected.keySet())
        .contains("lm_head.weight", "lm_head.weight.exp_avg", "lm_head.weight.hessian")
        .noneMatch(name -> name.endsWith("exp_avg_sq") || name.endsWith("momentum"));

    assertSameTensors(train("two", rule, 2, "train.micro_batch_sequences=4"), expected);
    assertSameTensors(train("three", rule, 3), expected);
  }

  private static void assertSameTensors(TrainedRun run, Map<String, float[]> expected)
      throws IOException {
    Map<String, float[]> actual = WholeTensors.of(run.checkpoint(STEPS));
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, tensor) ->
            // The curvature squares rounding, and is taken at weights that rounding moved.
            assertThat(WholeTensors.relativeDistance(actual.get(name), tensor))
                .as(name)
                .isLessThan(name.endsWith(".weight") ? 1e-5 : 1e-3));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sophia_g", "sophia_h"})
  void aResumedRunEndsWithTheBitsOfAnUndisturbedOne(String rule) throws IOException {
    String every = "checkpoint.every_steps=10";
    TrainedRun run = train("run", rule, 2, every);
    List<String> undisturbed = run.shardHashes(STEPS);

    // A checkpoint without its manifest does not exist: the run goes on between two estimates.
    Files.delete(run.checkpoint(STEPS).resolve("manifest.json"));
    TrainedRun resumed = train("run", rule, 2, every);

    assertThat(resumed.output()).contains("Resuming after step 10 ");
    assertThat(resumed.shardHashes(STEPS)).isEqualTo(undisturbed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sophia_g", "sophia_h"})
  void theLossFalls(String rule) {
    TrainedRun run =
        train(
            "run",
            rule,
            2,
            "train.steps=60",
            "optimizer.schedule.warmup_steps=5",
            "optimizer.sophia.learning_rate=0.01");

    List<JsonNode> steps = run.metrics("loss");
    assertThat(steps.get(0).get("loss").asDouble()).as("first loss").isGreaterThan(3);
    assertThat(steps.get(59).get("loss").asDouble()).as("last loss").isLessThan(2);
  }

  @Test
  void theLogSaysWhenTheCurvatureWasEstimatedAndHowMuchWasClipped() {
    TrainedRun run = train("run", "sophia_g", 2);

    List<JsonNode> steps = run.metrics("step_ms");
    assertThat(steps).hasSize(STEPS);
    for (JsonNode line : steps) {
      int step = line.get("step").asInt();
      double sum = PHASES.stream().mapToDouble(name -> line.get(name + "_ms").asDouble()).sum();
      assertThat(sum).isCloseTo(line.get("step_ms").asDouble(), Percentage.withPercentage(5));
      assertThat(line.get("curvature_ms").asDouble() > 0)
          .as("an estimate after step %d", step)
          .isEqualTo(step % 4 == 0);
      assertThat(line.get("curvature_refused").asBoolean()).isFalse();
      double unclipped = line.get("unclipped_fraction").asDouble();
      if (step <= 4) {
        assertThat(unclipped).as("share of zeros at step %d", step).isLessThan(0.05);
      } else {
        assertThat(unclipped).as("unclipped at step %d", step).isBetween(0.0001, 0.9999);
      }
    }
  }

  @Test
  void sophiaMayHaveSomeParametersBesideOtherRules() throws IOException {
    TrainedRun run =
        train(
            "run",
            "normuon",
            3,
            "optimizer.groups=[{pattern: '*.mlp.*_proj.weight', rule: sophia_g,"
                + " learning_rate: 0.001, weight_decay: 0.1}]");

    assertThat(run.output()).contains("SOPHIA_G: learning rate 0.001, weight decay 0.1, 6 param");
    assertThat(WholeTensors.of(run.checkpoint(STEPS)).keySet())
        .contains(
            "model.layers.0.mlp.up_proj.weight.hessian",
            "model.layers.0.self_attn.q_proj.weight.momentum",
            "lm_head.weight.exp_avg_sq");
  }

  @Test
  void otherRunsSayNothingOfCurvature() {
    assertThat(train("run", "adamw", 1).metrics("curvature_ms")).isEmpty();
  }

  private TrainedRun train(String name, String rule, int ranks, String... settings) {
    List<String> all = new ArrayList<>();
    all.add("optimizer.name=" + rule);
    all.add("train.ranks=" + ranks);
    all.add("train.steps=" + STEPS);
    all.add("optimizer.schedule.warmup_steps=100");
    all.add("optimizer.sophia.refresh_every=4");
    all.addAll(List.of(settings));
    return TrainedRun.tiny(folder.resolve(name), text, all.toArray(String[]::new))
        .requireSucceeded();
  }
}
