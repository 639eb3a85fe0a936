package normuon.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunConfigurationTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run.directory=elsewhere",
        "run.lease_seconds=5",
        "data.tokens_directory=elsewhere",
        "train.ranks=1",
        "train.micro_batch_sequences=2",
        "train.activation_checkpointing=blocks",
        "train.loss_chunk_tokens=64",
        "train.threads_per_rank=2",
        "train.verify_replicas_every_steps=0",
        "weights.layout=sharded",
        "weights.keep_gathered_blocks=0",
        "placement.device=cpu",
        "checkpoint.every_steps=7",
        "checkpoint.keep_last=0",
        "checkpoint.ignore_damaged=true",
        "evaluate.every_steps=7",
        "communication.deadline_seconds=7",
        "communication.bucket_bytes=4096",
        "recovery.attempts=7",
        "report.line_every_steps=7",
        "report.event_every_steps=7",
        "report.html_every_seconds=7",
        "report.diagnostics_every_steps=7",
        "report.tensorboard_directory=events",
        "optimizer.max_refused_steps=0",
        "generate.temperature=0"
      })
  void whatOnlySaysHowToRunMayChangeOnResume(String assignment) {
    assertThat(load(assignment)).isNotEqualTo(load());
    assertThat(load(assignment).differences(load())).isEmpty();
  }

  @Test
  void groupsMayChangeOnResume() {
    RunConfiguration groups =
        load("train.ranks=4", "weights.layout=sharded", "weights.shard_group=2");

    assertThat(groups.differences(load())).isEmpty();
  }

  @Test
  void groupsHoldAllWeightsTogether() {
    WeightsSettings all = load("weights.layout=sharded").weights();
    WeightsSettings pairs =
        load("train.ranks=4", "weights.layout=sharded", "weights.shard_group=2").weights();

    assertThat(load().weights().groupSize(8)).isEqualTo(1);
    assertThat(load().weights().hasReplicas(8)).isTrue();
    assertThat(load().weights().hasReplicas(1)).isFalse();
    assertThat(all.groupSize(8)).isEqualTo(8);
    assertThat(all.hasReplicas(8)).isFalse();
    assertThat(pairs.groupSize(8)).isEqualTo(2);
    assertThat(pairs.hasReplicas(8)).isTrue();
    assertThat(pairs.hasReplicas(2)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data.path=elsewhere",
        "data.tokenizer=byte",
        "model.width=128",
        "model.head_width=32",
        "train.steps=500",
        "train.seed=2",
        "train.sequences_per_step=8",
        "train.precision=bf16",
        "communication.precision=bf16",
        "optimizer.learning_rate=0.02",
        "optimizer.adamw.beta1=0.8",
        "optimizer.sophia.refresh_every=5",
        "optimizer.schedule.name=constant"
      })
  void whatChangesResultsMakesAnotherRun(String assignment) {
    String key = assignment.substring(0, assignment.indexOf('='));

    assertThat(load(assignment).differences(load()))
        .extracting(ConfigurationDifference::key)
        .containsExactly(key);
  }

  @Test
  void anotherRunIsRefusedWithBothValuesOfEveryDifference() {
    RunConfiguration configuration = load("train.steps=500", "optimizer.learning_rate=0.02");

    assertThatThrownBy(() -> configuration.requireSameRun(load()))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage(
            "Invalid run.directory runs/sample: it holds a run of another configuration (train.steps"
                + " is 600 there and 500 here, optimizer.learning_rate is 0.01 there and 0.02 here);"
                + " choose another run.directory, or the settings of that run");
  }

  @ParameterizedTest
  @CsvSource({"swiglu,128,344", "swiglu,96,256", "swiglu,64,176", "squared_relu,64,256"})
  void mlpWidthIsDerived(String mlp, int width, int expected) {
    assertThat(
            load("export.hugging_face=optional", "model.mlp=" + mlp, "model.width=" + width)
                .model()
                .effectiveMlpWidth())
        .as("8/3 of the width rounded up to a multiple of 8, or 4 times the width")
        .isEqualTo(expected);
  }

  @Test
  void aRunThatBeganBeforeExportsWereAskedForGoesOn() {
    String yaml = load("export.hugging_face=optional", "model.mlp=squared_relu").toYaml();
    String older = yaml.replace("hugging_face: \"optional\"", "hugging_face: required");

    assertThat(older).isNotEqualTo(yaml);
    assertThat(RunConfiguration.fromYaml(older, "config.yaml").model().mlp())
        .isEqualTo(ModelSettings.Mlp.SQUARED_RELU);
  }

  @Test
  void keyValueHeadsFollowHeads() {
    assertThat(load().model().effectiveKeyValueHeads()).isEqualTo(4);
    assertThat(load("model.key_value_heads=2").model().effectiveKeyValueHeads()).isEqualTo(2);
  }

  @Test
  void relativePathsAreBelowTheLocalWorkingDirectory() {
    Path here = Path.of("").toAbsolutePath();

    assertThat(load().runDirectory().toString()).isEqualTo("file:" + here + "/runs/sample");
    assertThat(load("run.directory=a b").runDirectory().toUri().getPath()).endsWith("/a b");
    assertThat(load("run.directory=hdfs://host/run").tokensDirectory().toString())
        .isEqualTo("hdfs://host/run/tokens");
    assertThat(load("data.tokens_directory=/shared").tokensDirectory().toString())
        .isEqualTo("/shared");
  }

  @ParameterizedTest
  @CsvSource({
    "hdfs://host/line/generation-0001/run,generation-0001/run",
    "/runs/sample/,runs/sample",
    "s3a://bucket/run,run"
  })
  void nameOfARunIsTheEndOfItsDirectory(String directory, String name) {
    assertThat(load("run.directory=" + directory).runName()).isEqualTo(name);
  }

  @Test
  void javaSerializationKeepsTheConfiguration() throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream stream = new ObjectOutputStream(bytes)) {
      stream.writeObject(ExplicitConfiguration.RECORD);
    }
    try (ObjectInputStream stream =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(stream.readObject()).isEqualTo(ExplicitConfiguration.RECORD);
    }
  }

  private static RunConfiguration load(String... assignments) {
    return new ConfigurationLoader()
        .load(new ConfigurationSources(Optional.empty(), Map.of(), List.of(assignments)));
  }

  @ParameterizedTest
  @CsvSource({"12, 0, 5, 3", "12, 2, 5, 2", "12, 4, 5, 3", "12, 0, 1, 12"})
  void aRankTakesNoMoreSequencesAtOnceThanItsShare(
      int sequences, int microBatch, int ranks, int atOnce) {
    RunConfiguration configuration =
        RunConfiguration.fromYaml(
            "train: {sequences_per_step: %d, micro_batch_sequences: %d}"
                .formatted(sequences, microBatch),
            "test");

    assertThat(configuration.train().sequencesAtOnce(ranks)).isEqualTo(atOnce);
  }
}
