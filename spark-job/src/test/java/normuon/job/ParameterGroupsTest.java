package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    alone.forEach(
        (name, tensor) -> {
          if (name.endsWith(".weight")) {
            assertThat(WholeTensors.relativeDistance(three.get(name), tensor))
                .as(name)
                .isLessThan(1e-5);
          }
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {pattern: "*.query.weight", rule: adamw, learning_rate: 1, weight_decay: 0} | Invalid pattern "*.query.weight": must fit a parameter
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

  private TrainedRun train(String name, String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("train.steps=" + STEPS);
    all.add("optimizer.schedule.warmup_steps=1");
    return TrainedRun.tiny(folder.resolve(name), text, all.toArray(String[]::new));
  }
}
