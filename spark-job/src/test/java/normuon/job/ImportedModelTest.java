package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import normuon.model.text.HuggingFaceTokenizer;
import normuon.model.text.Tokenizer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs that start from a model that another program wrote. */
class ImportedModelTest {

  private static final String BYTES = "'vocab_size':257";

  @TempDir private static Path folder;

  private static final Path LETTERS = Path.of("src/test/resources/tokenizers/letters.json");

  private static Path text;

  @BeforeAll
  static void write() throws IOException {
    text = TrainedRun.text(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          llama | F32  | 1 | 'tie_word_embeddings':true
          qwen3 | BF16 | 3 | 'num_key_value_heads':3
          llama | F16  | 2 | 'vocab_size':300
          qwen3 | F32  | 1 | 'head_dim':10
          """)
  void trainingGoesOnWithItsWeights(String architecture, String type, int files, String config)
      throws Exception {
    Path model =
        ExportedModels.write(
            folder.resolve(architecture + type + files),
            "{'architecture':'%s','dtype':'%s','files':%d,'config':{%s,%s}}"
                .formatted(architecture, type, files, BYTES, config));
    TrainedRun run =
        initialized(
            folder.resolve("run-" + architecture + type + files),
            text,
            model,
            "data.tokenizer=byte",
            "train.steps=3",
            "train.ranks=3",
            "optimizer.learning_rate=1e-30",
            "optimizer.adamw.learning_rate=1e-30");

    run.requireSucceeded();
    assertThat(run.output())
        .contains("Cannot compare the tokenizer of ")
        .contains("tokenizer.json");
    Path exported = folder.resolve("exported-" + architecture + type + files);
    ExportedModels.export(run.directory(), "--output", exported.toString()).requireSucceeded();
    // The weights went through every rank, a step, a checkpoint and the export.
    long[] ids = {72, 101, 108, 108, 111, 256, 0};
    assertThat(ExportedModels.logits(exported, ids))
        .isDeepEqualTo(ExportedModels.logits(model, ids));
  }

  /** Nothing is said but where the model and the text are. */
  @Test
  void aTextIsTokenizedAsTheFolderSays() throws Exception {
    Path model =
        ExportedModels.write(
            folder.resolve("with-tokenizer"),
            "{'architecture':'qwen3','dtype':'BF16','config':{'vocab_size':48,'head_dim':6}}");
    Path file = Files.copy(LETTERS, model.resolve("tokenizer.json"));
    Path directory = folder.resolve("with-tokenizer-run");
    List<String> settings = List.of("data.path=" + text, "train.steps=2", "evaluate.every_steps=0");
    TrainedRun run =
        TrainedRun.train(
                directory, settings, new ByteArrayOutputStream(), "--init", model.toString())
            .requireSucceeded();

    assertThat(run.output()).doesNotContain("Cannot compare the tokenizer");
    Tokenizer tokenizer = HuggingFaceTokenizer.ofJson(Files.readString(file));
    String training = Files.readString(text).substring(0, 5_400);
    JsonNode manifest =
        TrainedRun.JSON.readTree(directory.resolve("tokens/manifest.json").toFile());
    assertThat(manifest.at("/tokenizer/name").asText()).isEqualTo("hugging_face");
    assertThat(manifest.at("/shards/0/tokens").asInt())
        .isEqualTo(tokenizer.encode(training).length)
        .isLessThan(5_400);
    String configuration = Files.readString(directory.resolve("config.yaml"));
    assertThat(configuration).contains("head_width: 6\n").contains("tokenizer: \"hugging_face\"");

    Path exported = folder.resolve("with-tokenizer-exported");
    ExportedModels.export(directory, "--output", exported.toString()).requireSucceeded();
    assertThat(exported.resolve("tokenizer.json")).hasSameTextualContentAs(file);
    assertThat(exported.resolve("config.json")).content().contains("\"head_dim\": 6");
    CommandLineRun.of("generate", exported.toString(), "--prompt", "@")
        .requireRefused("Invalid prompt: tokenizer 'hugging_face' makes no token of it; must");
  }

  @Test
  void aShorterContextIsFine() throws Exception {
    Path model = model("short", "");
    TrainedRun run = start("short-run", model, "model.context=8").requireSucceeded();

    String configuration = Files.readString(run.directory().resolve("config.yaml"));
    assertThat(configuration).contains("context: 8\n").contains("rotary_base: 500.0");
    // The same command goes on with the run.
    assertThat(start("short-run", model, "model.context=8").code()).isZero();
  }

  @Test
  void otherSettingsOfTheModelAreRefusedWithBothValues() throws Exception {
    Path model = model("other", "");
    assertRefused(
        start("refused", model, "model.width=48", "model.tied_head=true", "model.context=17"),
        "model.width is 24 there and 48 (--set) here",
        "model.tied_head is false there and true (--set) here",
        "model.context is 16 there and 17 (--set) here",
        "other/config.json");
    assertRefused(
        start("refused", model, "model.key_value_heads=0"),
        "model.key_value_heads is 2 there and 0 (--set) here");
    assertRefused(
        start("refused", model, "initialization.state=weights_and_optimizer"),
        "has weights alone; must be weights");
  }

  @Test
  void whatIsNoSuchModelIsRefused() throws Exception {
    assertRefused(
        start("refused", model("biased", ",'attention_bias':true,'hidden_act':'gelu'")),
        "Invalid config.json: hidden_act is \"gelu\", must be \"silu\"; attention_bias is true");
    Path incomplete = model("incomplete", "");
    Path configuration = incomplete.resolve("config.json");
    Files.writeString(
        configuration,
        Files.readString(configuration)
            .replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"));
    assertRefused(
        start("refused", incomplete),
        "missing are model.layers.2.input_layernorm.weight, model.layers.2.self_attn.q_proj");
    assertRefused(
        start("refused", folder.resolve("nowhere")),
        "must be the folder of a whole checkpoint (",
        "or of a model with a config.json");
  }

  @Test
  void anotherTokenizerIsRefused() throws Exception {
    Path model = model("tokenizer", "");
    Files.writeString(
        model.resolve("tokenizer.json"), "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}}}");
    assertRefused(
        start("refused-tokenizer", model),
        "its tokenizer has 1 tokens, that of the data (byte) 257; must be equal");
    assertRefused(
        start("refused-small", model("small", ",'vocab_size':256")),
        "Invalid model.vocabulary_size 256: the tokenizer has 257 tokens");
  }

  private static Path model(String name, String config) throws Exception {
    return ExportedModels.write(
        folder.resolve(name),
        "{'architecture':'llama','dtype':'F32','config':{%s%s}}".formatted(BYTES, config));
  }

  private static TrainedRun start(String name, Path model, String... settings) {
    List<String> all = new ArrayList<>(List.of("data.tokenizer=byte", "train.steps=1"));
    all.addAll(List.of(settings));
    return initialized(folder.resolve(name), text, model, all.toArray(String[]::new));
  }

  private static void assertRefused(TrainedRun run, String... reasons) {
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errors()).singleElement().asString().contains(reasons);
  }

  /** Trains with {@code --init}; nothing is said of the model but by its folder. */
  static TrainedRun initialized(Path directory, Path text, Path model, String... settings) {
    List<String> all =
        new ArrayList<>(
            TrainedRun.tinySettings(text).stream()
                .filter(setting -> !setting.startsWith("model."))
                .toList());
    all.addAll(Arrays.asList(settings));
    return TrainedRun.train(
        directory, all, new ByteArrayOutputStream(), "--init", model.toString());
  }
}
