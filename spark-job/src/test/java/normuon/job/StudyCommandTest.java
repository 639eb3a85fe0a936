package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import normuon.job.checkpoint.RunLease;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A study of two rules, two learning rates each and two seeds: 6 runs of 8 steps. */
class StudyCommandTest {

  private static final String STUDY =
      """
      seeds: [1337, 1338]
      reference: adamw
      rules:
        - name: adamw
          learning_rate_key: optimizer.adamw.learning_rate
          learning_rates: [0.0010, 1e30]
          settings: {optimizer.name: adamw}
        - name: normuon
          learning_rate_key: optimizer.learning_rate
          learning_rates: [0.01, 0.02]
          settings: {optimizer.name: normuon}
          published: {adamw: 21.74}
      """;

  @TempDir private Path folder;

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
  private Path runs;
  private List<String> arguments;

  @BeforeEach
  void writeStudy() throws IOException {
    runs = folder.resolve("runs");
    Path study = Files.writeString(folder.resolve("study.yaml"), STUDY);
    arguments = new ArrayList<>(List.of("study", "--study", study.toString()));
    List<String> settings = new ArrayList<>(TrainedRun.tinySettings(TrainedRun.text(folder)));
    settings.addAll(List.of("run.directory=" + runs, "train.steps=8", "evaluate.every_steps=2"));
    settings.add("optimizer.max_refused_steps=0");
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
  }

  @Test
  void aStudyThatWasKilledGoesOnAndRepeatsNothing() throws Exception {
    killInSecondRun();
    Map<String, String> before = ended();
    assertThat(before).as("runs that ended before the kill").hasSizeBetween(1, 5);

    assertThat(run()).as(errors()).isZero();

    assertThat(output()).startsWith(before.size() + " of 6 runs have ended\n");
    assertThat(ended()).hasSize(6).containsAllEntriesOf(before);
    assertThat(ended().keySet())
        .containsExactlyInAnyOrder(
            "adamw-0.0010-1337",
            "adamw-0.0010-1338",
            "adamw-1e30-1337",
            bestOfNormuon() + "-1338",
            "normuon-0.01-1337",
            "normuon-0.02-1337");
    assertThat(runs.resolve("tokens")).isDirectory();
    assertThat(runs.resolve("normuon-0.01-1337/tokens")).doesNotExist();
    requireSummaryOfMetrics(summary());
    requireNothingToRepeat();
    requireTheBitsOfTrain();
  }

  @Test
  void runsMadeByTrainAreSummedUpAndNothingIsWritten() throws IOException {
    Path output = folder.resolve("results.json");
    train("adamw-0.0010-1337", "optimizer.name=adamw", "optimizer.adamw.learning_rate=0.001");
    assertThat(run("--summarize")).isEqualTo(2);
    assertThat(errors())
        .startsWith("INVALID_CONFIG: Cannot sum up the study: the run ")
        .endsWith("/runs/adamw-1e30-1337 has not ended\n");

    Path small =
        Files.writeString(
            folder.resolve("small.yaml"),
            STUDY
                .substring(0, STUDY.indexOf("  - name: normuon"))
                .replace(", 1e30", "")
                .replace(", 1338", ""));
    arguments.set(2, small.toString());
    assertThat(run("--summarize", "--output", output.toString())).as(errors()).isZero();

    JsonNode summary = TrainedRun.JSON.readTree(output.toFile());
    assertThat(summary.at("/target").asDouble()).isEqualTo(losses("adamw-0.0010-1337").get(3));
    assertThat(runs).isDirectoryNotContaining("glob:**/study.json");
    assertThat(runs.resolve("tokens")).doesNotExist();
  }

  @Test
  void theSecondStudyInADirectoryIsRefused() throws Exception {
    Files.createDirectories(runs);
    FileSystem local = FileSystem.getLocal(new Configuration());
    org.apache.hadoop.fs.Path directory = new org.apache.hadoop.fs.Path(runs.toUri());
    try (RunLease first = RunLease.take(local, directory, 60, notice -> {})) {
      assertThat(run()).isEqualTo(75);
      assertThat(errors())
          .startsWith("RETRYABLE: Cannot use run.directory ")
          .contains("process " + ProcessHandle.current().pid() + " on ", " holds its lease")
          .hasLineCount(1);
      first.requireHeld();
    }

    assertThat(runs).isEmptyDirectory();
  }

  @Test
  void runsThatDoNotCompareAreRefused() throws IOException {
    train("adamw-0.0010-1337", "optimizer.name=adamw", "optimizer.adamw.learning_rate=0.001");

    assertThat(run("--set", "optimizer.adamw.weight_decay=0.5")).isEqualTo(2);
    assertThat(errors())
        .contains("adamw-0.0010-1337: it holds a run of another configuration")
        .contains("optimizer.adamw.weight_decay is 0.01 there and 0.5 here");

    assertThat(run("--set", "evaluate.every_steps=4")).isEqualTo(2);
    assertThat(errors())
        .contains("INVALID_CONFIG: Invalid evaluate.every_steps 4: the run ")
        .contains("was evaluated after the steps [2, 4, 6, 8]");

    assertThat(run("--set", "run.directory=" + runs.resolve("adamw-0.0010-1337"))).isEqualTo(2);
    assertThat(errors()).contains("it holds a run; a study needs a directory of its own");
  }

  @Test
  void whatCannotWorkIsRefusedBeforeTheFirstRun() throws IOException {
    assertThat(run("--output", folder.toString())).isEqualTo(2);
    assertThat(errors()).contains("Invalid --output ", "must be a file in a folder that exists");

    arguments.set(
        2,
        Files.writeString(
                folder.resolve("wrong.yaml"), STUDY.replace("name: normuon}", "name: lion}"))
            .toString());
    assertThat(run()).isEqualTo(2);
    assertThat(errors())
        .contains("INVALID_CONFIG: Cannot train with the rule normuon of the study: ")
        .contains("Invalid optimizer.name \"lion\"");
    assertThat(runs).doesNotExist();
  }

  private void requireSummaryOfMetrics(JsonNode summary) {
    double target = (losses("adamw-0.0010-1337").get(3) + losses("adamw-0.0010-1338").get(3)) / 2;
    assertThat(summary.at("/target").asDouble()).isCloseTo(target, within(1e-12));
    assertThat(summary.at("/settings/steps").asInt()).isEqualTo(8);
    assertThat(summary.at("/settings/tokens_per_step").asInt()).isEqualTo(12 * 16);
    JsonNode adamw = summary.at("/rules/0");
    assertThat(adamw.at("/sweep/1/status").asText()).isEqualTo("DIVERGED");
    assertThat(adamw.at("/sweep/1/final_loss").isNull()).isTrue();
    assertThat(adamw.at("/best_learning_rate").asDouble()).isEqualTo(0.001);
    assertThat(adamw.at("/at_edge").asBoolean()).isTrue();
    assertThat(adamw.at("/steps_to_target/mean").asDouble()).isEqualTo(8);
    JsonNode normuon = summary.at("/rules/1");
    for (int seed = 0; seed < 2; seed++) {
      JsonNode run = normuon.at("/seeds/" + seed);
      List<Double> losses = losses(bestOfNormuon() + "-" + (1337 + seed));
      assertThat(run.at("/final_loss").asDouble()).isEqualTo(losses.get(3));
      assertThat(run.at("/curve/steps").toString()).isEqualTo("[2,4,6,8]");
      assertThat(run.at("/curve/validation_losses"))
          .extracting(JsonNode::asDouble)
          .isEqualTo(losses);
    }
    double steps = normuon.at("/steps_to_target/mean").asDouble();
    assertThat(steps).as("a learning rate ten times larger").isBetween(2.0, 7.0);
    assertThat(normuon.at("/savings/adamw/saving_percent").asDouble())
        .isCloseTo(100 * (1 - steps / 8), within(1e-9));
  }

  private void requireNothingToRepeat() throws IOException {
    Map<String, String> before = ended();
    JsonNode summary = summary();

    assertThat(run()).isZero();

    assertThat(output())
        .startsWith("6 of 6 runs have ended\n\n| rule |")
        .contains("(published: 21.74%)");
    assertThat(ended()).isEqualTo(before);
    assertThat(summary()).isEqualTo(summary);
  }

  /** Neither the runs before it in the same application nor the kill leave a trace in a run. */
  private void requireTheBitsOfTrain() {
    TrainedRun alone = train("alone", "optimizer.learning_rate=0.02", "train.ranks=2");

    assertThat(new TrainedRun(runs.resolve("normuon-0.02-1337"), 0, "", List.of()).shardHashes(8))
        .isEqualTo(alone.shardHashes(8));
  }

  private void killInSecondRun() throws Exception {
    JobProcess job = JobProcess.start(folder, List.of("--master", "local[2]"), arguments);
    try {
      await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(5))
          .until(
              () ->
                  Files.exists(runs.resolve("adamw-1e30-1337/metrics.jsonl"))
                      || !job.process().isAlive());
    } finally {
      job.process().destroyForcibly();
      assertThat(job.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(job.errors()).isEmpty();
  }

  /** The runs that have ended, with their metrics, whose times no second run could repeat. */
  private Map<String, String> ended() throws IOException {
    Map<String, String> ended = new TreeMap<>();
    try (var directories = Files.list(runs)) {
      for (Path directory : directories.toList()) {
        if (Files.exists(directory.resolve("status.json"))) {
          ended.put(
              directory.getFileName().toString(),
              Files.readString(directory.resolve("metrics.jsonl")));
        }
      }
    }
    return ended;
  }

  private String bestOfNormuon() {
    return losses("normuon-0.01-1337").get(3) < losses("normuon-0.02-1337").get(3)
        ? "normuon-0.01"
        : "normuon-0.02";
  }

  private List<Double> losses(String run) {
    return new TrainedRun(runs.resolve(run), 0, "", List.of())
        .metrics("validation_loss").stream()
            .map(line -> line.get("validation_loss").asDouble())
            .toList();
  }

  private JsonNode summary() throws IOException {
    return TrainedRun.JSON.readTree(runs.resolve("study.json").toFile());
  }

  private TrainedRun train(String name, String... settings) {
    List<String> all = new ArrayList<>();
    arguments.stream().skip(3).filter(argument -> !argument.equals("--set")).forEach(all::add);
    all.removeIf(setting -> setting.startsWith("run.directory="));
    all.addAll(List.of(settings));
    return TrainedRun.train(runs.resolve(name), all).requireSucceeded();
  }

  private int run(String... more) {
    output.reset();
    errors.reset();
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of(more));
    System.setProperty("spark.master", "local[3]");
    System.setProperty("spark.ui.enabled", "false");
    return Main.run(
        new PrintStream(output, true, StandardCharsets.UTF_8),
        new PrintStream(errors, true, StandardCharsets.UTF_8),
        all.toArray(String[]::new));
  }

  private String output() {
    return output.toString(StandardCharsets.UTF_8);
  }

  private String errors() {
    return errors.toString(StandardCharsets.UTF_8);
  }
}
