package normuon.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
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
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationLoaderTest {

  @TempDir private Path folder;

  @Test
  void defaultsAreTheBuiltInSampleRun() {
    RunConfiguration configuration = load();

    assertThat(configuration.run()).isEqualTo(new RunSettings("runs/sample", 60));
    assertThat(configuration.data())
        .isEqualTo(
            new DataSettings(
                "sample",
                DataSettings.Format.AUTO,
                "text",
                DataSettings.Tokenizer.CHAR,
                "",
                0.1,
                "",
                List.of(),
                new DocumentSettings(1, 10_000_000, DocumentSettings.Duplicates.DROP),
                List.of()));
    assertThat(configuration.optimizer().adamw())
        .isEqualTo(new AdamWSettings(0.002, 0.01, 0.9, 0.95, 1e-8));
    assertThat(configuration.optimizer().sophia())
        .isEqualTo(new SophiaSettings(0.002, 0.01, 0.965, 0.99, 0.05, 0.01, 10));
    assertThat(configuration.communication())
        .isEqualTo(new CommunicationSettings(120, 1 << 20, CommunicationSettings.Precision.F32));
    assertThat(configuration.weights())
        .isEqualTo(new WeightsSettings(WeightsSettings.Layout.REPLICATED, 0, 1));
    assertThat(configuration.placement())
        .isEqualTo(new PlacementSettings(PlacementSettings.Device.AUTO));
    assertThat(configuration.report())
        .isEqualTo(new ReportSettings(20, 1, 100, 30, "", "", "normuon"));
    assertThat(configuration.generate()).isEqualTo(new GenerateSettings(200, 0.8, 0, 1));
    assertThat(configuration.retrain())
        .isEqualTo(new RetrainSettings("", 0.5, 1, 0, InitializationSettings.State.WEIGHTS, 0.02));
    assertThat(configuration.train().ranks()).isEqualTo(2);
    assertThat(configuration.train().seed()).isEqualTo(1337);
    assertThat(configuration.train().threadsPerRank()).isEqualTo(1);
    assertThat(configuration.optimizer().name()).isEqualTo(OptimizerSettings.Name.NORMUON);
    assertThat(configuration.optimizer().form()).isEqualTo(OptimizerSettings.Form.OFFICIAL);
    assertThat(configuration.optimizer().epsilon()).isEqualTo(new DoubleOrPreset(null));
    assertThat(configuration.model().normEpsilon()).isEqualTo(1e-6);
  }

  @Test
  void everyKeyIsSetByAnExplicitMapping() throws IOException {
    RunConfiguration configuration = load(Optional.of(write(ExplicitConfiguration.YAML)));

    assertThat(configuration).isEqualTo(ExplicitConfiguration.RECORD);
    Map<String, ?> explicit = ConfigurationYaml.flatten(configuration);
    Map<String, ?> defaults = ConfigurationYaml.flatten(load());
    assertThat(explicit).hasSameSizeAs(defaults);
    explicit.keySet().removeAll(List.of("data.sources", "data.mixture", "data.tokenizer_file"));
    assertThat(explicit)
        .as("a key that kept its default would hide a mapping that does nothing")
        .allSatisfy((key, value) -> assertThat(value).isNotEqualTo(defaults.get(key)));
  }

  @Test
  void effectiveConfigurationReadsBackAsTheSameRecord() throws IOException {
    for (RunConfiguration configuration : List.of(load(), ExplicitConfiguration.RECORD)) {
      String yaml = configuration.toYaml();

      assertThat(RunConfiguration.fromYaml(yaml, "config.yaml")).isEqualTo(configuration);
      assertThat(load(Optional.of(write(yaml)))).isEqualTo(configuration);
      assertThat(yaml).contains("newton_schulz_steps: ").contains("name: ");
    }
  }

  @Test
  void textThatLooksLikeSomethingElseSurvivesTheRoundTrip() {
    for (String path :
        List.of("1e5", "123", "true", "null", "a: b", "with \"quotes\"", "~", "ü#")) {
      RunConfiguration configuration = load("data.path=" + path, "data.text_column=" + path);

      assertThat(configuration.data().path()).isEqualTo(path);
      assertThat(RunConfiguration.fromYaml(configuration.toYaml(), "x")).isEqualTo(configuration);
    }
  }

  @Test
  void assignmentWinsOverSparkPropertyOverFileOverDefault() throws IOException {
    String file = write("train: {steps: 11, seed: 12, ranks: 3}");
    RunConfiguration configuration =
        new ConfigurationLoader()
            .load(
                new ConfigurationSources(
                    Optional.of(file),
                    Map.of(
                        "spark.normuon.train.steps", "210",
                        "spark.normuon.train.seed", "220",
                        "spark.app.name", "ignored"),
                    List.of(
                        "train.steps=100",
                        "train.steps=310",
                        "optimizer.schedule.warmup_steps=0")));

    assertThat(configuration.train().steps()).isEqualTo(310);
    assertThat(configuration.train().seed()).isEqualTo(220);
    assertThat(configuration.train().ranks()).isEqualTo(3);
    assertThat(configuration.train().sequencesPerStep()).isEqualTo(16);
  }

  @Test
  void listsAreWrittenInAssignmentsToo() {
    RunConfiguration configuration =
        load(
            "optimizer.groups=[{pattern: '*.norm', rule: adamw, learning_rate: 1e-3, weight_decay:"
                + " 0}]");

    assertThat(configuration.optimizer().groups())
        .containsExactly(new GroupSettings("*.norm", GroupSettings.Rule.ADAMW, 1e-3, 0, 1, 1));
    assertThat(configuration.differences(load()))
        .singleElement()
        .asString()
        .contains("optimizer.groups is [] there and [{\"pattern\":\"*.norm\"");
  }

  @Test
  void phasesMustFillTheRun() {
    assertThatThrownBy(
            () ->
                load(
                    "optimizer.schedule.name=unified_budget_aware",
                    "optimizer.schedule.phases=[{share: 0.5, phi: 1, first_fraction: 1,"
                        + " final_fraction: 0}]"))
        .hasMessageContaining("optimizer.schedule.phases")
        .hasMessageEndingWith("must have shares that add up to 1");
  }

  @Test
  void momentumRisesToItsPeak() {
    assertThatThrownBy(
            () -> load("optimizer.momentum=0.8", "optimizer.momentum_schedule.cooldown_steps=5"))
        .hasMessage(
            "Invalid optimizer.momentum_schedule.lowest \"preset\" (default): must be at most"
                + " optimizer.momentum 0.8 (--set), and they are 0.85 and 0.8");
    assertThatThrownBy(() -> load("optimizer.form=speedrun", "train.steps=349"))
        .hasMessage(
            "Invalid optimizer.momentum_schedule.warmup_steps \"preset\" (default): must leave room"
                + " for optimizer.momentum_schedule.cooldown_steps \"preset\" (default) in"
                + " train.steps 349 (--set), and they are 300 and 50; 0 turns either off");
    load("optimizer.form=speedrun", "train.steps=350");
    load(
        "optimizer.form=speedrun",
        "train.steps=10",
        "optimizer.momentum_schedule.warmup_steps=0",
        "optimizer.momentum_schedule.cooldown_steps=10");
  }

  @ParameterizedTest
  @ValueSource(strings = {"sophia_g", "sophia_h"})
  void aRunHasOneEstimateOfTheCurvature(String name) {
    String groups =
        "[{pattern: a, rule: sophia_g, learning_rate: 1, weight_decay: 0},"
            + " {pattern: b, rule: sophia_h, learning_rate: 1, weight_decay: 0}]";

    assertThatThrownBy(() -> load("optimizer.name=" + name, "optimizer.groups=" + groups))
        .hasMessageContaining("optimizer.groups")
        .hasMessageEndingWith(
            "must not bring sophia_g and sophia_h together where optimizer.name is \"%s\" (--set)",
            name);
    assertThatThrownBy(() -> load("optimizer.groups=" + groups))
        .hasMessageContaining("must not bring sophia_g and sophia_h together");
    assertThatCode(() -> load("optimizer.name=" + name)).doesNotThrowAnyException();
  }

  @Test
  void keysMayBeDottedAndSectionsEmpty() throws IOException {
    RunConfiguration configuration =
        load(Optional.of(write("model:\n  # width: 3\ntrain.seed: 5\noptimizer.epsilon: 1e-6\n")));

    assertThat(configuration.train().seed()).isEqualTo(5);
    assertThat(configuration.optimizer().epsilon()).isEqualTo(new DoubleOrPreset(1e-6));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          trian.steps=5            | Invalid key trian.steps with the value "5" (--set): no such key; the nearest is train.steps
          learning_rat=5           | the nearest is optimizer.learning_rate
          learning_rate=5          | no such key; the nearest is optimizer.learning_rate
          train=5                  | Invalid key train with the value "5" (--set): a section; its keys are train.ranks, train.steps
          train.steps.more=5       | the nearest is train.steps
          train.steps=many         | Invalid train.steps "many" (--set): must be a whole number at least 1
          train.steps=2.5          | Invalid train.steps "2.5" (--set): must be a whole number at least 1
          train.steps=0            | Invalid train.steps 0 (--set): must be a whole number at least 1
          train.steps=3000000000   | Invalid train.steps 3000000000 (--set): must be a whole number
          train.steps=             | Invalid train.steps "" (--set): must be a whole number
          data.validation_fraction=1 | Invalid data.validation_fraction 1.0 (--set): must be a number above 0 and below 1
          report.mlflow_tracking_uri=host:5000 | Invalid report.mlflow_tracking_uri "host:5000" (--set): must be empty or an address that begins with http:// or https://
          report.mlflow_tracking_uri=http:// | Invalid report.mlflow_tracking_uri
          report.mlflow_experiment= | Invalid report.mlflow_experiment "" (--set): must not be empty
          data.validation_fraction=NaN | must be a number above 0 and below 1
          optimizer.learning_rate=1e400 | must be a number above 0
          optimizer.gradient_clip=-1 | must be a number at least 0
          optimizer.momentum=1     | Invalid optimizer.momentum 1.0 (--set): must be a number at least 0 and below 1, or preset
          optimizer.epsilon=paper  | Invalid optimizer.epsilon "paper" (--set): must be a number above 0 and below 1, or preset
          optimizer.newton_schulz_steps=5.5 | must be a whole number at least 1 and at most 100, or preset
          optimizer.newton_schulz_steps=0 | must be a whole number at least 1 and at most 100, or preset
          optimizer.scale=muon     | Invalid optimizer.scale "muon" (--set): must be one of preset, paper, official, spectral, rms, none
          optimizer.form=preset    | Invalid optimizer.form "preset" (--set): must be one of paper, official, dion, speedrun
          train.steps=preset       | Invalid train.steps "preset" (--set): must be a whole number at least 1
          data.tokenizer=bpe       | Invalid data.tokenizer "bpe" (--set): must be one of byte, char, gpt2, hugging_face
          data.documents.minimum_characters=0 | Invalid data.documents.minimum_characters 0 (--set): must be a whole number at least 1
          data.documents.maximum_characters=-1 | must be a whole number at least 0
          data.documents.minimum_characters=10000001 | Invalid data.documents.maximum_characters 10000000 (default): must be at least data.documents.minimum_characters 10000001 (--set)
          data.tokenizer=hugging_face | Invalid data.tokenizer_file "" (default): must name a tokenizer.json where data.tokenizer is hugging_face, and only there; it is "hugging_face" (--set)
          data.tokenizer_file=a.json  | Invalid data.tokenizer_file "a.json" (--set): must name a tokenizer.json where data.tokenizer is hugging_face
          data.tokenizer=CHAR      | must be one of byte, char, gpt2, hugging_face
          model.mlp=squared_relu   | Invalid model.mlp "squared_relu" (--set): must be swiglu, as in Llama and Qwen3, where export.hugging_face is "required" (default)
          model.tied_head=yes      | Invalid model.tied_head "yes" (--set): must be true or false
          model.heads=5            | Invalid model.heads 5 (--set): must divide model.width 64 (default) where model.head_width is 0 (default)
          model.head_width=7       | Invalid model.head_width 7 (--set): must be even
          model.head_width=-2      | Invalid model.head_width -2 (--set): must be a whole number at least 0 and at most 1048576
          model.heads=64           | Invalid model.heads 64 (--set): must leave each head an even share of model.width 64 (default)
          model.key_value_heads=3  | Invalid model.key_value_heads 3 (--set): must divide model.heads 4 (default)
          train.ranks=17           | Invalid train.ranks 17 (--set): must be at most train.sequences_per_step 16 (default)
          recovery.minimum_ranks=3 | Invalid recovery.minimum_ranks 3 (--set): must be at most train.ranks 2 (default)
          train.micro_batch_sequences=17 | must be at most train.sequences_per_step 16 (default)
          data.format=text         | Invalid data.format "text" (--set): must be auto where data.path is "sample" (default)
          run.directory=           | Invalid run.directory "" (--set): must not be empty
          run.directory=a:b | Invalid path
          optimizer.groups=3       | Invalid optimizer.groups 3 (--set): must be a list of entries with the keys pattern, rule, learning_rate, weight_decay, row_blocks, column_blocks
          optimizer.groups=[3]     | Invalid optimizer.groups[0] 3 (--set): must be an entry with the keys pattern, rule
          optimizer.groups=[{      | Invalid optimizer.groups "[{" (--set): must be a list
          optimizer.groups=[{pattern: a, rule: adamw, learning_rate: 1}] | must be an entry with the key weight_decay
          optimizer.groups=[{patern: a}] | Invalid key optimizer.groups[0].patern with the value "a" (--set): no such key; the keys are pattern, rule
          optimizer.groups=[{pattern: a, rule: sgd, learning_rate: 1, weight_decay: 0}] | Invalid optimizer.groups[0].rule "sgd" (--set): must be one of normuon, muon, adamw, sophia_g, sophia_h
          optimizer.groups=[{pattern: a, rule: adamw, learning_rate: -1, weight_decay: 0}] | Invalid optimizer.groups[0].learning_rate -1 (--set): must be a number at least 0
          optimizer.groups=[{pattern: a, rule: muon, learning_rate: 1, weight_decay: 0}] | must have rules normuon, adamw, sophia_g and sophia_h where optimizer.name is "normuon" (default)
          optimizer.name=sophia    | Invalid optimizer.name "sophia" (--set): must be one of normuon, muon, adamw, sophia_g, sophia_h
          optimizer.sophia.rho=0   | Invalid optimizer.sophia.rho 0.0 (--set): must be a number above 0
          optimizer.sophia.refresh_every=0 | Invalid optimizer.sophia.refresh_every 0 (--set): must be a whole number at least 1
          optimizer.groups=[{pattern: a, rule: normuon, learning_rate: 1, weight_decay: 0, row_blocks: 0}] | Invalid optimizer.groups[0].row_blocks 0 (--set): must be a whole number at least 1
          optimizer.groups=[{pattern: a, rule: normuon, learning_rate: 1, weight_decay: 0, row_blocks: 2, column_blocks: 2}] | must have 1 for row_blocks or for column_blocks in each entry
          optimizer.groups=[{pattern: a, rule: adamw, learning_rate: 1, weight_decay: 0, row_blocks: 2}] | must have 1 for row_blocks and column_blocks where rule is not normuon or muon
          optimizer.schedule.phases=[{share: 1, phi: 1, first_fraction: 1, final_fraction: 0}] | must be [] where optimizer.schedule.name is "cosine" (default)
          optimizer.momentum_schedule.warmup_steps=700 | must leave room for optimizer.momentum_schedule.cooldown_steps "preset" (default) in train.steps 600 (default), and they are 700 and 0
          optimizer.momentum_schedule.lowest=1 | must be a number at least 0 and below 1, or preset
          no_assignment            | Invalid --set "no_assignment": must be key=value
          =5                       | Invalid --set "=5": must be key=value
          """)
  void wrongAssignmentIsRefusedInOneLine(String assignment, String message) {
    assertThatThrownBy(() -> load(assignment.strip()))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining(message.strip())
        .message()
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          train: {steps: many}         | Invalid train.steps "many" (FILE): must be a whole number at least 1
          train: {steps: "20"}         | Invalid train.steps "20" (FILE): must be a whole number
          train: {steps: 2.0}          | Invalid train.steps 2.0 (FILE): must be a whole number
          train: {steps: }             | Invalid train.steps null (FILE): must be a whole number
          train: {steps: [1]}          | Invalid train.steps [1] (FILE): must be a whole number
          train: {step: 5}             | Invalid key train.step with the value 5 (FILE): no such key; the nearest is train.steps
          train: {steps: 5, steps: 6}  | Duplicate field 'steps'
          {train: {steps: 5}, train.steps: 6} | Invalid configuration FILE: the key train.steps stands there twice
          optimizer: {momentum: "0.9"} | Invalid optimizer.momentum "0.9" (FILE): must be a number at least 0 and below 1
          data: {path: 2024}           | Invalid data.path 2024 (FILE): must be text (in YAML, quote what looks like a number)
          model: {tied_head: 1}        | Invalid model.tied_head 1 (FILE): must be true or false
          [1, 2]                       | Invalid configuration FILE: [1,2] is not a mapping of keys to values
          steps                        | "steps" is not a mapping of keys to values
          train: {steps                | Invalid configuration FILE line 1
          """)
  void wrongFileIsRefusedInOneLine(String yaml, String message) throws IOException {
    String file = write(yaml.strip());

    assertThatThrownBy(() -> load(Optional.of(file)))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining(message.strip().replace("FILE", file))
        .message()
        .doesNotContain("\n");
  }

  @Test
  void settingsOfTheTransportAreNotOurs() {
    ConfigurationSources sources =
        new ConfigurationSources(
            Optional.empty(), Map.of("spark.normuon.io.mode", "NIO"), List.of());

    assertThat(new ConfigurationLoader().load(sources))
        .isEqualTo(
            new ConfigurationLoader()
                .load(new ConfigurationSources(Optional.empty(), Map.of(), List.of())));
  }

  @Test
  void sparkPropertyIsNamedInFull() {
    ConfigurationSources sources =
        new ConfigurationSources(
            Optional.empty(), Map.of("spark.normuon.train.steps", "x"), List.of());

    assertThatThrownBy(() -> new ConfigurationLoader().load(sources))
        .hasMessageStartingWith("Invalid train.steps \"x\" (spark.normuon.train.steps): must be");
  }

  @Test
  void unreadableFileIsRefused() throws IOException {
    assertThatThrownBy(() -> load(Optional.of("no/such.yaml")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage("Configuration file no/such.yaml (--config) does not exist");
    assertThatThrownBy(() -> load(Optional.of(folder.toString())))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageStartingWith("Cannot read configuration file " + folder);
    Path latin = Files.write(folder.resolve("latin.yaml"), new byte[] {'#', (byte) 0xe9, '\n'});
    assertThatThrownBy(() -> load(Optional.of(latin.toString())))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageEndingWith("latin.yaml (--config): must be UTF-8 text");
  }

  @Test
  void runDirectoryIsKnownAlthoughAnotherSettingIsWrong() throws IOException {
    String file = write("run: {directory: from-file}\ntrain: {steps: x}");

    assertThat(directoryAfterFailure(Optional.of(file))).contains("from-file");
    assertThat(directoryAfterFailure(Optional.of(file), "run.directory=set")).contains("set");
    assertThat(directoryAfterFailure(Optional.of("missing.yaml"), "run.directory=set"))
        .contains("set");
    assertThat(directoryAfterFailure(Optional.of("missing.yaml")))
        .as("the file could have named another directory than the default")
        .isEmpty();
    assertThat(directoryAfterFailure(Optional.empty(), "trian.steps=1")).contains("runs/sample");
  }

  private Optional<String> directoryAfterFailure(Optional<String> file, String... assignments) {
    ConfigurationLoader loader = new ConfigurationLoader();
    assertThatThrownBy(
            () -> loader.load(new ConfigurationSources(file, Map.of(), List.of(assignments))))
        .isInstanceOf(InvalidConfigurationException.class);
    return loader.runDirectory();
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
