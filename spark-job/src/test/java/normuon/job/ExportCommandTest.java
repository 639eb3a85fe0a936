package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import normuon.job.ExportedModels.Export;
import normuon.job.inference.TrainedModel;
import normuon.model.Gpt;
import normuon.torch.TorchRuntime;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that is trained, exported, read by another program, and trained on. */
class ExportCommandTest {

  private static final int STEPS = 40;

  /** So small that float32 weights stay as they are. */
  private static final String[] NO_LEARNING = {
    "train.steps=1",
    "optimizer.learning_rate=1e-30",
    "optimizer.adamw.learning_rate=1e-30",
    "optimizer.weight_decay=0",
    "optimizer.adamw.weight_decay=0",
    "optimizer.schedule.warmup_steps=0"
  };

  @TempDir private static Path folder;

  private static Path text;
  private static TrainedRun run;

  @BeforeAll
  static void train() throws IOException {
    text = TrainedRun.text(folder);
    run = TrainedRun.tiny(folder.resolve("run"), text, "train.steps=" + STEPS).requireSucceeded();
  }

  @Test
  void theSameLossComesBack() throws IOException {
    Export export = ExportedModels.export(run.directory()).requireSucceeded();
    Path exported = run.directory().resolve("export");

    assertThat(export.output())
        .contains(" to file:" + exported + ": Qwen3ForCausalLM, 8,748 weights as f32\n")
        .contains("  model.safetensors  ");
    TrainedRun again = initialized("again", exported, NO_LEARNING).requireSucceeded();
    assertThat(validationLoss(again)).isCloseTo(validationLoss(run), offset(1e-6));
    assertThat(Files.readString(again.directory().resolve("config.yaml")))
        .contains("width: 20")
        .contains("mlp_width: 43")
        .contains("query_key_norm: true");
    assertThat(again.manifest(1).at("/provenance/parent").asText()).isEqualTo(exported.toString());
  }

  @Test
  void anotherProgramGivesTheSameLogits() throws IOException, InterruptedException {
    Path exported = folder.resolve("exported");
    ExportedModels.export(run.checkpoint(STEPS), "--output", exported.toString())
        .requireSucceeded();

    TrainedModel model = TrainedModel.open(run.directory().toString(), new Configuration());
    long[] ids =
        Arrays.stream(model.tokenizer().encode("the quick fox ju")).asLongStream().toArray();
    double[][] expected = ExportedModels.logits(exported, ids);
    float[] found;
    try (NDManager manager = TorchRuntime.newManager();
        Gpt trained = model.load(manager)) {
      found = trained.logits(manager.create(ids, new Shape(1, ids.length))).toFloatArray();
    }
    int vocabulary = expected[0].length;
    for (int i = 0; i < found.length; i++) {
      assertThat((double) found[i])
          .isCloseTo(expected[i / vocabulary][i % vocabulary], offset(1e-4));
    }
    double[] last = expected[expected.length - 1];
    assertThat(Arrays.stream(last).max().orElseThrow())
        .as("logits worth comparing")
        .isGreaterThan(0.5);
  }

  @Test
  void theCardSaysWhereTheModelComesFrom() throws IOException {
    Path exported = folder.resolve("card");
    ExportedModels.export(run.directory(), "--output", exported.toString()).requireSucceeded();

    String sha256 = run.manifest(STEPS).at("/provenance/tokenizer.sha256").asText();
    assertThat(Files.readString(exported.resolve("README.md")))
        .startsWith("---\nlibrary_name: transformers\n")
        .contains("# run\n")
        .contains("trained for 40 steps on 7,680 tokens. Validation loss ")
        .contains("| architecture | Qwen3ForCausalLM |")
        .contains("| tokenizer.sha256 | " + sha256 + " |")
        .contains("| data.path | ")
        .contains("| pytorch | 2.7.1 |")
        .contains("  mlp_width: 43\n");
    JsonNode manifest = TrainedRun.JSON.readTree(exported.resolve("normuon.json").toFile());
    assertThat(manifest.get("step").asInt()).isEqualTo(STEPS);
    assertThat(manifest.get("validation_loss").asDouble()).isEqualTo(validationLoss(run));
  }

  @Test
  void weightsMayBeRoundedAndCut() throws IOException {
    Path half = folder.resolve("half");
    Export export =
        ExportedModels.export(
            run.directory(), "--output", half.toString(), "--type", "bf16", "--file-bytes", "4000");

    export.requireSucceeded();
    assertThat(export.output()).contains("weights as bf16").contains("index.json");
    TrainedRun again = initialized("from-half", half, NO_LEARNING).requireSucceeded();
    assertThat(validationLoss(again))
        .isNotEqualTo(validationLoss(run))
        .isCloseTo(validationLoss(run), offset(0.02));
    // And an export is a model to export.
    Path back = folder.resolve("back");
    ExportedModels.export(half, "--output", back.toString()).requireSucceeded();
    assertThat(TrainedRun.JSON.readTree(back.resolve("config.json").toFile()).get("torch_dtype"))
        .hasToString("\"float32\"");
  }

  @Test
  void onlyAnExportIsReplaced() throws IOException {
    Path output = Files.createDirectory(folder.resolve("notes"));
    ExportedModels.export(run.directory(), "--output", output.toString()).requireSucceeded();
    Files.writeString(output.resolve("stale.txt"), "of the export before");
    ExportedModels.export(run.directory(), "--output", output.toString()).requireSucceeded();
    assertThat(output.resolve("stale.txt")).doesNotExist();
    try (Stream<Path> siblings = Files.list(folder)) {
      assertThat(siblings)
          .as("nothing is left beside it")
          .noneMatch(file -> file.getFileName().toString().startsWith("_notes."));
    }

    Files.delete(output.resolve("normuon.json"));
    assertRefused(
        ExportedModels.export(run.directory(), "--output", output.toString()),
        "it exists and is no earlier export, as it has no normuon.json");
    assertThat(output.resolve("config.json")).exists();
  }

  @Test
  void whatCannotBeExportedIsSaid() throws IOException {
    Path copy = folder.resolve("copy");
    FileUtils.copyDirectory(run.directory().toFile(), copy.toFile());
    Path checkpoint = copy.resolve("checkpoints").resolve(run.checkpoint(STEPS).getFileName());
    Path shard = checkpoint.resolve(run.manifest(STEPS).at("/shards/0/file").asText());
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 1] ^= 1;
    Files.write(shard, bytes);
    assertRefused(ExportedModels.export(checkpoint), "it is damaged: " + shard.getFileName());
    bytes[bytes.length - 1] ^= 1;
    Files.write(shard, bytes);
    ExportedModels.export(copy).requireSucceeded();

    assertRefused(ExportedModels.export(folder.resolve("none")), "none does not exist");
    assertRefused(ExportedModels.export(text), "Cannot open model file:" + text);
    assertRefused(
        ExportedModels.export(run.directory(), "--output", "/"),
        "Cannot export to file:/: must be a folder in another one");
    assertRefused(
        ExportedModels.export(run.directory(), "--type", "f8"),
        "Invalid --type f8: must be f32, bf16 or f16");
    assertRefused(
        ExportedModels.export(run.directory(), "--file-bytes", "0"),
        "Invalid --file-bytes 0: must be at least 1");
  }

  @Test
  void aFolderThatCannotBeWrittenIsSaid() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");

    Export export =
        ExportedModels.export(run.directory(), "--output", file.resolve("export").toString());

    assertThat(export.code()).isEqualTo(75);
    assertThat(export.errors())
        .startsWith("RETRYABLE: Cannot export " + run.directory() + " to " + file + "/export: ")
        .hasLineCount(1);
  }

  private static void assertRefused(Export export, String reason) {
    assertThat(export.code()).isEqualTo(2);
    assertThat(export.errors()).startsWith("INVALID_CONFIG: ").contains(reason);
    assertThat(export.errors().lines()).hasSize(1);
  }

  private static TrainedRun initialized(String name, Path model, String... settings) {
    return ImportedModelTest.initialized(folder.resolve(name), text, model, settings);
  }

  private static double validationLoss(TrainedRun trained) {
    List<JsonNode> evaluations = trained.metrics("validation_loss");
    return evaluations.get(evaluations.size() - 1).get("validation_loss").asDouble();
  }
}
