package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run does and leaves behind. */
class WholeRunTest {

  @TempDir private Path folder;

  @Test
  void lossFallsAndIsEvaluatedOnTheWholeSplit() throws IOException {
    TrainedRun run =
        TrainedRun.tiny(folder.resolve("run"), TrainedRun.text(folder), "train.steps=100")
            .requireSucceeded();
    List<JsonNode> steps = run.metrics("loss");
    JsonNode evaluation = run.metrics("validation_loss").get(0);

    assertThat(steps.get(0).get("loss").asDouble())
        .isCloseTo(Math.log(27), Percentage.withPercentage(5));
    assertThat(evaluation.get("validation_loss").asDouble())
        .isLessThan(steps.get(0).get("loss").asDouble() - 0.8);
    // The last tenth of 6,000 characters, in windows of 16 with the token after each.
    assertThat(evaluation.get("validation_tokens").asLong()).isBetween(592L, 608L);
  }

  @Test
  void adamWTrainsEveryParameterWithoutOrthogonalization() throws IOException {
    TrainedRun run =
        TrainedRun.tiny(
                folder.resolve("run"),
                TrainedRun.text(folder),
                "train.steps=100",
                "optimizer.name=adamw",
                "optimizer.adamw.learning_rate=0.01")
            .requireSucceeded();

    List<JsonNode> steps = run.metrics("loss");
    assertThat(steps.get(99).get("loss").asDouble())
        .isLessThan(steps.get(0).get("loss").asDouble() - 0.8);
    assertThat(steps.get(99).get("newton_schulz_calls").asLong()).isZero();
  }

  @Test
  void byteTokensTiedHeadAndSquaredReluTrainToo() throws IOException {
    TrainedRun run =
        TrainedRun.tiny(
                folder.resolve("run"),
                TrainedRun.text(folder),
                "train.steps=60",
                "data.tokenizer=byte",
                "model.tied_head=true",
                "model.mlp=squared_relu",
                "export.hugging_face=optional",
                "optimizer.newton_schulz_precision=bf16",
                "optimizer.schedule.name=warmup_stable_decay",
                "generate.tokens=30")
            .requireSucceeded();

    List<JsonNode> steps = run.metrics("loss");
    assertThat(steps.get(59).get("loss").asDouble())
        .isLessThan(steps.get(0).get("loss").asDouble() - 0.8);
    assertThat(run.output()).contains("The model writes:");
    assertThat(Files.readString(run.directory().resolve("config.yaml"))).contains("squared_relu");
    ExportedModels.Export export = ExportedModels.export(run.directory());
    assertThat(export.code()).isEqualTo(2);
    assertThat(export.errors())
        .isEqualTo(
            "INVALID_CONFIG: Cannot express a feed-forward part SQUARED_RELU as LlamaForCausalLM or"
                + " Qwen3ForCausalLM: must be SWIGLU\n");
    assertThat(run.directory().resolve("_export.unfinished")).doesNotExist();
  }
}
