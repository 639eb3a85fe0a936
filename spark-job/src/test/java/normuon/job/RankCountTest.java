package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training through Spark comes to the same weights however it is divided. */
class RankCountTest {

  private static final double TOLERANCE = 1e-5;
  private static final int STEPS = 20;

  @TempDir private static Path folder;
  private static Path text;
  private static TrainedRun alone;

  @BeforeAll
  static void trainAlone() throws IOException {
    text = TrainedRun.text(folder);
    alone = train("alone", "train.ranks=1");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void ranksAgreeWithOneRank(int ranks) throws IOException {
    TrainedRun together = train("ranks-" + ranks, "train.ranks=" + ranks);

    assertSameWeights(together, alone);
  }

  @Test
  void ranksWithUnequalSharesOfTheBatchAgreeWithOneRank() throws IOException {
    String batch = "train.sequences_per_step=5";

    assertSameWeights(
        train("unequal-3", batch, "train.ranks=3"), train("unequal-1", batch, "train.ranks=1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "optimizer.form=paper optimizer.polar_method=polar_express",
        "optimizer.form=dion optimizer.momentum_lookahead=nesterov",
        "optimizer.form=speedrun optimizer.weight_decay=1"
            + " optimizer.momentum_schedule.warmup_steps=8"
            + " optimizer.momentum_schedule.cooldown_steps=4",
        "optimizer.name=muon optimizer.scale=rms"
      })
  void otherFormsAgreeToo(String form) throws IOException {
    String[] settings = with(form.split(" "), "optimizer.learning_rate=0.01");
    String name = form.replaceAll("[^a-z]", "-");

    assertSameWeights(
        train(name + "3", with(settings, "train.ranks=3")),
        train(name + "1", with(settings, "train.ranks=1")));
  }

  @Test
  void microBatchesAccumulateToTheWholeBatch() throws IOException {
    TrainedRun accumulated = train("micro", "train.ranks=1", "train.micro_batch_sequences=3");

    assertSameWeights(accumulated, alone);
    assertThat(calls(accumulated)).isEqualTo(calls(alone));
  }

  @Test
  void theSameRanksGiveTheSameBits() {
    List<String> first = train("bits-1", "train.ranks=3").shardHashes(STEPS);

    assertThat(train("bits-2", "train.ranks=3").shardHashes(STEPS)).hasSize(3).isEqualTo(first);
  }

  @Test
  void everyMatrixIsOrthogonalizedOncePerStep() {
    // Per layer: query, key, value and output projections; gate, up and down.
    long matrices = 2 * 7;

    for (JsonNode line : alone.metrics("newton_schulz_calls")) {
      assertThat(line.get("newton_schulz_calls").asLong())
          .isEqualTo(matrices * line.get("step").asLong());
    }
    assertThat(calls(alone)).isEqualTo(matrices * STEPS);
    assertThat(alone.manifest(STEPS).get("newton_schulz_calls").asLong())
        .isEqualTo(matrices * STEPS);
  }

  @Test
  void phasesAddUpToTheStep() {
    List<JsonNode> steps = alone.metrics("step_ms");

    assertThat(steps).hasSize(STEPS);
    for (JsonNode line : steps) {
      double sum = 0;
      for (String phase :
          List.of("data", "backward", "reduce", "collect", "orthogonalize", "broadcast", "apply")) {
        sum += line.get(phase + "_ms").asDouble();
      }
      assertThat(sum).isCloseTo(line.get("step_ms").asDouble(), Percentage.withPercentage(5));
    }
    assertThat(steps)
        .extracting(line -> line.get("control_ms").asDouble() > 0)
        .as("time since the step before")
        .startsWith(false)
        .containsOnlyOnce(false);
  }

  private static long calls(TrainedRun run) {
    List<JsonNode> lines = run.metrics("newton_schulz_calls");
    return lines.get(lines.size() - 1).get("newton_schulz_calls").asLong();
  }

  private static String[] with(String[] settings, String setting) {
    String[] all = Arrays.copyOf(settings, settings.length + 1);
    all[settings.length] = setting;
    return all;
  }

  private static TrainedRun train(String name, String... settings) {
    // As in real runs, the first steps are small: rounding grows with the distance travelled.
    String[] all =
        with(with(settings, "train.steps=" + STEPS), "optimizer.schedule.warmup_steps=100");
    return TrainedRun.tiny(folder.resolve(name), text, all).requireSucceeded();
  }

  private static void assertSameWeights(TrainedRun actual, TrainedRun expected) throws IOException {
    Map<String, float[]> left = WholeTensors.of(actual.checkpoint(STEPS));
    Map<String, float[]> right = WholeTensors.of(expected.checkpoint(STEPS));
    assertThat(left.keySet()).isEqualTo(right.keySet());
    right.forEach(
        (name, tensor) -> {
          if (name.endsWith(".weight")) {
            assertThat(WholeTensors.relativeDistance(left.get(name), tensor))
                .as(name)
                .isLessThan(TOLERANCE);
          }
        });
  }
}
