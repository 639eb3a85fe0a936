package normuon.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables, mixtures and what retraining needs, in the words of the configuration. */
class SourceConfigurationTest {

  @TempDir private Path folder;

  @Test
  void sourcesStandInPlaceOfAPath() throws IOException {
    String sources =
        """
        data:
          sources:
            - {format: delta, path: /lake/a, text_column: body, key_column: id, filter: "n > 3",
               version: 7}
            - {format: iceberg, table: lake.db.b}
          tokenizer: hugging_face
          tokenizer_file: /lake/tokenizer.json
        """;

    RunConfiguration configuration = load(Optional.of(write(sources)));

    assertThat(configuration.data().sources())
        .containsExactly(
            new SourceSettings(
                SourceSettings.Format.DELTA, "/lake/a", "", "body", "id", "n > 3", 7),
            new SourceSettings(SourceSettings.Format.ICEBERG, "", "lake.db.b", "text", "", "", -1));
    assertThat(configuration.data().isSample()).isFalse();
    assertThat(configuration.data().tokenizerFile()).isEqualTo("/lake/tokenizer.json");
    assertThat(load(Optional.of(write(sources)), "data.sources=[]").data().tokenizer())
        .as("for text by data.path too")
        .isEqualTo(DataSettings.Tokenizer.HUGGING_FACE);
    assertThat(RunConfiguration.fromYaml(configuration.toYaml(), "x")).isEqualTo(configuration);
    assertThatThrownBy(() -> load(Optional.of(write(sources)), "data.path=/texts"))
        .hasMessageContaining("Invalid data.sources")
        .hasMessageEndingWith("must be [] where data.path is \"/texts\" (--set)");
    assertThatThrownBy(() -> load(Optional.of(write(sources)), "data.format=parquet"))
        .hasMessageContaining("Invalid data.format \"parquet\" (--set): must be auto");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          data.mixture=[{weight: 1}] | must be an entry with the key tokens_directory
          data.mixture=[{tokens_directory: a, weight: 0}] | Invalid data.mixture[0].weight 0 (--set): must be a whole number at least 1 and at most 1000000000
          data.mixture=[{tokens_directory: a, weight: 0.5}] | must be a whole number
          data.mixture=[{tokens_directory: '', weight: 1}] | must have a tokens_directory in each entry
          data.mixture=[{tokens_directory: a, weight: 1}] data.path=b | must be [] where data.path is "b" (--set)
          data.mixture=[{tokens_directory: a, weight: 1}] data.sources=[{format: lines, path: b}] | must be [] where data.sources is
          retrain.tokens=5 | Invalid retrain.epochs_of_new_data 1.0 (default): must be above 0 where retrain.tokens is 0, and only there; retrain.tokens is 5 (--set)
          retrain.epochs_of_new_data=0 | Invalid retrain.epochs_of_new_data
          retrain.old_share=1 | Invalid retrain.old_share 1.0 (--set): must be a number at least 0 and below 1
          retrain.tolerance=-0.1 | Invalid retrain.tolerance
          retrain.inherit=all | must be one of weights, weights_and_optimizer
          """)
  void impossibleMixturesAndRetrainingsAreRefused(String settings, String message) {
    assertThatThrownBy(() -> load(settings.split(" (?=data\\.)")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {path: /a}                            | Invalid data.sources[0] {"path":"/a"} (--set): must be an entry with the key format
          {format: orc, path: /a}               | Invalid data.sources[0].format "orc" (--set): must be one of parquet, json, lines, delta, iceberg, table
          {format: delta, pth: /a}              | Invalid key data.sources[0].pth with the value "/a" (--set): no such key; the keys are format, path, table, text_column
          {format: parquet, path: 3}            | Invalid data.sources[0].path 3 (--set): must be text
          {format: parquet}                     | Invalid data.sources[0].path "": must be not empty where format is parquet
          {format: json, path: a, table: b}     | Invalid data.sources[0].table "b": must be empty where format is json
          {format: table, path: a}              | Invalid data.sources[0].table "": must be not empty where format is table
          {format: table, path: a, table: b}    | Invalid data.sources[0].path "a": must be empty where format is table
          {format: delta}                       | Invalid data.sources[0].path "": must be given where table is not
          {format: iceberg, path: a, table: b}  | Invalid data.sources[0].path "a": must be given where table is not, and only there; table is "b"
          {format: parquet, path: a, version: 3} | Invalid data.sources[0].version "3": must be left out where format is parquet
          {format: delta, path: a, version: -2} | Invalid data.sources[0].version -2 (--set): must be a whole number at least -1
          {format: delta, path: a, text_column: ''} | Invalid data.sources[0].text_column "": must be not empty
          {format: lines, path: a, key_column: id} | Invalid data.sources[0].key_column "id": must be empty where format is lines
          {format: lines, path: a, weight: 0.5} | Invalid data.sources[0].weight 0.5 (--set): must be a whole number at least 0 and at most 1000000000
          {format: lines, path: a, weight: 3}, {format: lines, path: b} | Invalid data.sources[1].weight "0": must be above 0, as another source has a weight
          {format: lines, path: a, filter: 'a >'} | Invalid data.sources[0].filter "a >": must be a condition in SQL
          """)
  void wrongSourceIsRefusedInOneLine(String source, String message) {
    assertThatThrownBy(() -> load("data.sources=[" + source.strip() + "]"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageStartingWith(message.strip())
        .message()
        .doesNotContain("\n");
  }

  @Test
  void weightedSourcesHaveTokensOfTheirOwn() {
    String sources =
        "data.sources=[{format: lines, path: a, weight: 3}, {format: lines, path: b, weight: 1}]";

    RunConfiguration configuration = load(sources, "data.tokenizer=byte", "run.directory=/run");

    assertThat(configuration.tokens())
        .containsExactly(
            new MixtureSettings("/run/tokens/source-0", 3),
            new MixtureSettings("/run/tokens/source-1", 1));
    assertThat(RunConfiguration.fromYaml(configuration.toYaml(), "x")).isEqualTo(configuration);
    assertThatThrownBy(() -> load(sources))
        .hasMessageContaining("Invalid data.tokenizer \"char\" (default): must be byte, gpt2 or");
  }

  private static RunConfiguration load(String... assignments) {
    return load(Optional.empty(), assignments);
  }

  private static RunConfiguration load(Optional<String> file, String... assignments) {
    return new ConfigurationLoader()
        .load(new ConfigurationSources(file, Map.of(), List.of(assignments)));
  }

  private String write(String yaml) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "run", ".yaml"), yaml).toString();
  }
}
