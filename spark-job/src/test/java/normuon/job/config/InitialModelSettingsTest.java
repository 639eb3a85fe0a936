package normuon.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the folder of a model to start from says of a run's settings. */
class InitialModelSettingsTest {

  private static final String SOURCES = "data.sources=[{format: lines, path: /lake/documents}]";

  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"architectures": ["Qwen3ForCausalLM"], "vocab_size": 1000, "hidden_size": 96,
         "intermediate_size": 256, "num_hidden_layers": 3, "num_attention_heads": 6, "head_dim": 16,
         "num_key_value_heads": 6, "max_position_embeddings": 512, "rms_norm_eps": 1e-5,
         "rope_theta": 10000, "tie_word_embeddings": true}
        """);
  }

  @Test
  void theFolderDecidesTheShape() {
    assertThat(load().model())
        .isEqualTo(
            new ModelSettings(
                3, 6, 6, 0, 96, 512, ModelSettings.Mlp.SWIGLU, 256, true, true, 1e4, 1e-5, 1000));
    assertThat(load("model.context=128").model().context()).isEqualTo(128);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.layers=3",
        "model.key_value_heads=0",
        "model.key_value_heads=6",
        "model.head_width=0",
        "model.head_width=16",
        "model.mlp_width=0",
        "model.rotary_base=1e4",
        "model.norm_epsilon=0.00001",
        "model.tied_head=true",
        "model.vocabulary_size=0",
        "model.mlp=swiglu"
      })
  void whatSaysTheSameIsFine(String setting) {
    assertThat(load(setting).model().layers()).isEqualTo(3);
  }

  @Test
  void headsOfAWidthOfTheirOwnAreTakenToo() throws IOException {
    assertThat(load("model.head_width=16").model().headWidth()).isEqualTo(16);
    assertThatThrownBy(() -> load("model.head_width=32"))
        .hasMessageContaining("model.head_width is 0 there and 32 (--set) here");

    Path file = folder.resolve("config.json");
    Files.writeString(file, Files.readString(file).replace("\"head_dim\": 16", "\"head_dim\": 24"));
    assertThat(load().model().headWidth()).isEqualTo(24);
    assertThat(load("model.head_width=24").model().headWidth()).isEqualTo(24);
    assertThatThrownBy(() -> load("model.head_width=0"))
        .hasMessageContaining("model.head_width is 24 there and 0 (--set) here");
  }

  @Test
  void whatSaysOtherwiseIsNamed() {
    assertThatThrownBy(
            () ->
                load(
                    "model.layers=4",
                    "model.mlp=squared_relu",
                    "model.vocabulary_size=1001",
                    "model.context=513"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageStartingWith("Invalid model of ")
        .hasMessageContaining(
            "config.json: model.layers is 3 there and 4 (--set) here, model.context is 512 there"
                + " and 513 (--set) here, model.mlp is swiglu there and \"squared_relu\" (--set)"
                + " here, model.vocabulary_size is 1000 there and 1001 (--set) here");
    assertThatThrownBy(() -> load("model.layers=many"))
        .hasMessageContaining("Invalid model.layers \"many\" (--set): must be a whole number");
  }

  @Test
  void itsTokenizerIsTakenWhereNoneIsNamed() throws IOException {
    assertThat(load(SOURCES).data().tokenizer()).isEqualTo(DataSettings.Tokenizer.CHAR);

    String file = Files.writeString(folder.resolve("tokenizer.json"), "{}").toString();
    assertThat(load(SOURCES).data().tokenizer()).isEqualTo(DataSettings.Tokenizer.HUGGING_FACE);
    assertThat(load(SOURCES).data().tokenizerFile()).endsWith(file);
    assertThat(load(SOURCES, "data.tokenizer=hugging_face").data().tokenizerFile()).endsWith(file);
    assertThat(load(SOURCES, "data.tokenizer=byte").data().tokenizerFile()).isEmpty();
    assertThat(
            load(SOURCES, "data.tokenizer=hugging_face", "data.tokenizer_file=/a/tokenizer.json")
                .data()
                .tokenizerFile())
        .isEqualTo("/a/tokenizer.json");
    assertThat(load("data.path=/a/text").data().tokenizerFile()).endsWith(file);
    assertThat(load("data.path=/a/text", "data.tokenizer=char").data().tokenizerFile()).isEmpty();
    // Tokens that are there already were made by a tokenizer that the user knows.
    assertThat(load("data.mixture=[{tokens_directory: /a, weight: 1}]").data().tokenizer())
        .isEqualTo(DataSettings.Tokenizer.CHAR);
  }

  @Test
  void aCheckpointsFolderSaysNothing() throws IOException {
    Files.delete(folder.resolve("config.json"));

    assertThat(load().model().width()).isEqualTo(64);
  }

  private RunConfiguration load(String... settings) {
    List<String> assignments = new ArrayList<>(List.of("initialization.checkpoint=" + folder));
    assignments.addAll(List.of(settings));
    return new ConfigurationLoader()
        .load(new ConfigurationSources(Optional.empty(), Map.of(), assignments));
  }
}
