package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose ranks hold rows of the weights, against those whose ranks hold all. */
class ShardedRunTest {

  private static final int STEPS = 20;
  private static final String SHARDED = "weights.layout=sharded";

  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = TrainedRun.text(folder);
  }

  @Test
  void leaveTheSameBitsAndPredictTheSame() {
    TrainedRun replicated = train("replicated", 3);
    TrainedRun sharded = train("sharded", 3, SHARDED);

    assertThat(sharded.shardHashes(STEPS)).isEqualTo(replicated.shardHashes(STEPS));
    assertThat(values(sharded, "validation_loss")).isEqualTo(values(replicated, "validation_loss"));
    assertThat(values(sharded, "loss")).isEqualTo(values(replicated, "loss"));
    assertThat(values(sharded, "gather_hidden_ms")).hasSize(STEPS);
    assertThat(replicated.metrics("gather_hidden_ms")).isEmpty();
    String[] prompt = {"--prompt", "the quick ", "--tokens", "40"};
    CommandLineRun streamed = run("generate", sharded, prompt);
    CommandLineRun resident = run("generate", replicated, prompt);
    assertThat(streamed.output()).isEqualTo(resident.output());
    assertThat(streamed.errors()).endsWith(", whose weights are read again for each token\n");
    assertThat(resident.errors()).doesNotContain("read again");
    assertThat(lossOf(sharded)).isEqualTo(lossOf(replicated));
  }

  @Test
  void goOnInAnotherLayoutOnOtherRanks() throws IOException {
    String every = "checkpoint.every_steps=10";
    TrainedRun undisturbed = train("undisturbed", 2, every);
    TrainedRun run = train("run", 2, every, SHARDED);

    forget(run, STEPS);
    TrainedRun resumed = train("run", 2, every);
    assertThat(resumed.output()).contains("Resuming after step 10 ");
    assertThat(resumed.shardHashes(STEPS)).isEqualTo(undisturbed.shardHashes(STEPS));

    forget(run, STEPS);
    TrainedRun onThree = train("run", 3, every, SHARDED);
    assertThat(onThree.output()).contains("Resuming after step 10 ");
    assertThat(values(onThree, "loss"))
        .zipSatisfy(
            values(undisturbed, "loss"),
            (actual, expected) -> assertThat(actual).isCloseTo(expected, within(1e-4)));
  }

  @Test
  void sampleTextInBfloat16WithCheckpointedActivations() {
    String[] settings = {"train.precision=bf16", "train.activation_checkpointing=blocks"};
    TrainedRun replicated = train("replicated", 2, settings);
    TrainedRun sharded = train("sharded", 2, settings[0], settings[1], SHARDED);

    assertThat(sharded.shardHashes(STEPS)).isEqualTo(replicated.shardHashes(STEPS));
  }

  /** A checkpoint without its manifest does not exist. */
  private static void forget(TrainedRun run, int step) throws IOException {
    Files.delete(run.checkpoint(step).resolve("manifest.json"));
  }

  private static List<Double> values(TrainedRun run, String field) {
    return run.metrics(field).stream().map(line -> line.get(field).asDouble()).toList();
  }

  private static String lossOf(TrainedRun run) {
    return run("evaluate", run)
        .output()
        .lines()
        .filter(line -> line.contains("loss"))
        .toList()
        .toString();
  }

  private static CommandLineRun run(String command, TrainedRun model, String... options) {
    List<String> arguments = new ArrayList<>(List.of(command, model.directory().toString()));
    arguments.addAll(List.of(options));
    return CommandLineRun.of(arguments.toArray(String[]::new)).requireSucceeded();
  }

  private TrainedRun train(String name, int ranks, String... settings) {
    List<String> all = new ArrayList<>(List.of("train.ranks=" + ranks, "train.steps=" + STEPS));
    all.add("generate.tokens=8");
    all.addAll(List.of(settings));
    return TrainedRun.tiny(folder.resolve(name), text, all.toArray(String[]::new))
        .requireSucceeded();
  }
}
