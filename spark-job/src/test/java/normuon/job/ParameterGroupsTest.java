package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parameters that the configuration routes by their names. */
class ParameterGroupsTest {

  private static final int STEPS = 5;
  private static final String GROUPS =
      "optimizer.groups=["
          + "{pattern: '*.q_proj.weight', rule: adamw, learning_rate: 0.001, weight_decay: 0.1},"
          + "{pattern: '*.mlp.*_proj.weight', rule: normuon, learning_rate: 0.02, weight_decay: 0},"
          + "{pattern: lm_head.weight, rule: normuon, learning_rate: 0.003, weight_decay: 0},"
          + "{pattern: '*.input_layernorm.weight', rule: adamw, learning_rate: 0,"
          + " weight_decay: 0}]";

  /**
   * Ten query heads and five key heads of two rows; the output's heads are columns. The rate is
   * low, as rounding grows with the distance travelled.
   */
  private static final String HEADS =
      "optimizer.groups=["
          + "{pattern: '*.q_proj.weight', rule: %1$s, learning_rate: 0.002, weight_decay: 0.1,"
          + " row_blocks: 10},"
          + "{pattern: '*.k_proj.weight', rule: %1$s, learning_rate: 0.002, weight_decay: 0.1,"
          + " row_blocks: 5},"
          + "{pattern: '*.o_proj.weight', rule: %1$s, learning_rate: 0.002, weight_decay: 0.1,"
          + " column_blocks: 10}]";

  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = TrainedRun.text(folder);
  }

  @Test
  void everyParameterIsTrainedAsItsPatternSays() throws IOException {
    TrainedRun run = train("run", "train.ranks=2", GROUPS).requireSucceeded();

    List<JsonNode> lines = run.metrics("newton_schulz_calls");
    assertThat(lines.get(STEPS - 1).get("newton_schulz_calls").asInt())
        .as("of seven matrices in each of two layers all but the query's, and the head")
        .isEqualTo(STEPS * (2 * 6 + 1));
    assertThat(WholeTensors.of(run.checkpoint(STEPS)).get("model.layers.0.input_layernorm.weight"))
        .as("gains at rate 0")
        .containsOnly(1f);
    assertThat(run.output()).contains("NORMUON: learning rate 0.02, weight decay 0.0, 6 param");
    assertThat(Files.readString(run.directory().resolve("routing.txt")))
        .contains("  model.layers.1.self_attn.q_proj.weight[20, 20] MATRIX\n")
        .containsPattern("lm_head\\.weight\\[27, 20] HEAD, rank [01]\n")
        .contains("  model.norm.weight[20] VECTOR\n");
  }

  @Test
  void groupsOfOtherRatesAreAppliedWithTheirOwnOnAnyNumberOfRanks() throws IOException {
    var alone = WholeTensors.of(train("alone", "train.ranks=1", GROUPS).checkpoint(STEPS));
    var three = WholeTensors.of(train("three", "train.ranks=3", GROUPS).checkpoint(STEPS));

    requireSameWeights(three, alone);
  }

  @ParameterizedTest
  @ValueSource(strings = {"normuon", "muon"})
  void headsAreOrthogonalizedByThemselvesOnAnyNumberOfRanks(String rule) throws IOException {
    String[] settings = {"optimizer.name=" + rule, HEADS.formatted(rule)};
    TrainedRun alone = train("alone", with(settings, "train.ranks=1")).requireSucceeded();
    TrainedRun whole = train("whole", settings[0], "train.ranks=1").requireSucceeded();
    var expected = WholeTensors.of(alone.checkpoint(STEPS));
    String query = "model.layers.1.self_attn.q_proj.weight";
    String output = "model.layers.0.self_attn.o_proj.weight";

    assertThat(alone.metrics("newton_schulz_calls").get(STEPS - 1).get("newton_schulz_calls"))
        .as("of 25 heads and four other matrices in each of two layers")
        .hasToString(String.valueOf(STEPS * 2 * (25 + 4)));
    assertThat(Files.readString(alone.directory().resolve("routing.txt")))
        .contains(query + "[20, 20] MATRIX, as 10 matrices [2, 20], rank 0\n")
        .contains(output + "[20, 20] MATRIX, as 10 matrices [20, 2], rank 0\n")
        .contains(", column_blocks 10, 2 parameters (800 elements)");
    assertThat(WholeTensors.of(whole.checkpoint(STEPS)).get(query))
        .isNotEqualTo(expected.get(query));
    for (int ranks : new int[] {2, 3}) {
      TrainedRun run = train("on-" + ranks, with(settings, "train.ranks=" + ranks));
      requireSameWeights(WholeTensors.of(run.checkpoint(STEPS)), expected);
    }
    if (rule.equals("normuon")) {
      assertThat(expected.get(query + ".second_moment")).hasSize(20);
      assertThat(expected.get(output + ".second_moment")).as("20 rows each").hasSize(10 * 20);
    }
  }

  @Test
  void headsGoOnFromACheckpointOnAnotherNumberOfRanks() throws IOException {
    String[] settings = {
      HEADS.formatted("normuon"),
      "optimizer.form=speedrun",
      "optimizer.momentum_schedule.warmup_steps=0",
      "optimizer.momentum_schedule.cooldown_steps=3",
      "checkpoint.every_steps=2"
    };
    TrainedRun undisturbed = train("run", with(settings, "train.ranks=2")).requireSucceeded();
    var expected = WholeTensors.of(undisturbed.checkpoint(STEPS));

    // A checkpoint without its manifest does not exist, so that the run goes on after step 4.
    Files.delete(undisturbed.checkpoint(STEPS).resolve("manifest.json"));
    TrainedRun resumed = train("run", with(settings, "train.ranks=3")).requireSucceeded();

    assertThat(resumed.output()).contains("Resuming after step 4");
    requireSameWeights(WholeTensors.of(resumed.checkpoint(STEPS)), expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {pattern: "*.query.weight", rule: adamw, learning_rate: 1, weight_decay: 0} | Invalid pattern "*.query.weight": must fit a parameter
          {pattern: "*.k_proj.weight", rule: normuon, learning_rate: 1, weight_decay: 0, row_blocks: 3} | Invalid row_blocks 3 for model.layers.0.self_attn.k_proj.weight of shape [10, 20]: must divide its 10 rows
          {pattern: "*norm.weight", rule: normuon, learning_rate: 1, weight_decay: 0} | Invalid rule NORMUON for model.layers.0.input_layernorm.weight of shape [20]
          """)
  void whatCannotBeRoutedIsRefused(String group, String message) {
    TrainedRun run = train("run", "optimizer.groups=[" + group + "]");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errors())
        .singleElement()
        .asString()
        .startsWith("INVALID_CONFIG: Cannot use optimizer.groups: ")
        .contains(message);
    assertThat(run.directory().resolve("checkpoints")).doesNotExist();
  }

  private static void requireSameWeights(
      Map<String, float[]> actual, Map<String, float[]> expected) {
    expected.forEach(
        (name, tensor) -> {
          if (name.endsWith(".weight")) {
            assertThat(WholeTensors.relativeDistance(actual.get(name), tensor))
                .as(name)
                .isLessThan(1e-5);
          }
        });
  }

  private static String[] with(String[] settings, String setting) {
    return Stream.concat(Stream.of(settings), Stream.of(setting)).toArray(String[]::new);
  }

  private TrainedRun train(String name, String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("train.steps=" + STEPS);
    all.add("optimizer.schedule.warmup_steps=1");
    return TrainedRun.tiny(folder.resolve(name), text, all.toArray(String[]::new));
  }
}
