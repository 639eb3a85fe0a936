package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that was broken off goes on as if nothing had happened. */
class ResumeTest {

  /** A gentle course, as rounding grows with the distance travelled. */
  private static final List<String> SETTINGS =
      List.of(
          "train.steps=100",
          "optimizer.schedule.warmup_steps=100",
          "checkpoint.every_steps=20",
          "train.ranks=2");

  @TempDir private Path folder;

  @Test
  void aKilledRunEndsWithTheBitsOfAnUndisturbedOne() throws Exception {
    Path text = TrainedRun.text(folder);
    TrainedRun undisturbed = train("undisturbed", text).requireSucceeded();
    Path directory = folder.resolve("killed");

    killAfterStep(60, directory, text);
    int killedAt = lastStep(directory);
    TrainedRun resumed = train("killed", text).requireSucceeded();

    assertThat(resumed.output()).contains("Resuming after step ");
    assertThat(killedAt).isBetween(60, 99);
    assertThat(resumed.shardHashes(100)).isEqualTo(undisturbed.shardHashes(100));
    assertThat(resumed.metrics("step_ms"))
        .extracting(line -> line.get("step").asInt())
        .as("every step once, in order")
        .isEqualTo(IntStream.rangeClosed(1, 100).boxed().toList());
    assertThat(losses(resumed)).isEqualTo(losses(undisturbed));
  }

  @Test
  void aRunThatIsToldToStopSaysThatItCanGoOn() throws Exception {
    Path text = TrainedRun.text(folder);
    Path directory = folder.resolve("stopped");

    endAfterStep(5, directory, text, Process::destroy);

    JsonNode status = TrainedRun.JSON.readTree(directory.resolve("status.json").toFile());
    assertThat(status.get("status").asText()).isEqualTo("RETRYABLE");
    assertThat(status.get("message").asText())
        .startsWith("Cannot finish the steps ")
        .endsWith(": Spark was stopped");
    assertThat(train("stopped", text).code()).isZero();
  }

  @Test
  void aRunGoesOnWithAnotherNumberOfRanks() throws Exception {
    Path text = TrainedRun.text(folder);
    TrainedRun undisturbed = train("undisturbed", text).requireSucceeded();
    Path directory = folder.resolve("elastic");

    killAfterStep(25, directory, text);
    List<String> onThree = new ArrayList<>(SETTINGS);
    onThree.add("train.ranks=3");
    TrainedRun resumed =
        TrainedRun.tiny(directory, text, onThree.toArray(String[]::new)).requireSucceeded();

    assertThat(resumed.manifest(100).get("ranks").asInt()).isEqualTo(3);
    // From about step 60 on this small model amplifies rounding tenfold every ten steps.
    assertThat(losses(resumed).subList(0, 50))
        .zipSatisfy(
            losses(undisturbed).subList(0, 50),
            (actual, expected) -> assertThat(actual).isCloseTo(expected, Offset.offset(1e-5)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"optimizer.form=speedrun", "optimizer.name=muon"})
  void otherStateTravelsToAnotherNumberOfRanksToo(String rule) throws IOException {
    Path text = TrainedRun.text(folder);
    List<String> settings = new ArrayList<>(SETTINGS);
    settings.addAll(
        List.of(
            rule,
            "train.steps=40",
            "optimizer.momentum_schedule.warmup_steps=0",
            "optimizer.momentum_schedule.cooldown_steps=0"));
    Path directory = folder.resolve("run");
    TrainedRun undisturbed =
        TrainedRun.tiny(directory, text, settings.toArray(String[]::new)).requireSucceeded();
    List<Double> expected = losses(undisturbed);

    // A checkpoint without its manifest does not exist, so that the run goes on after step 20.
    Files.delete(undisturbed.checkpoint(40).resolve("manifest.json"));
    settings.add("train.ranks=3");
    TrainedRun resumed =
        TrainedRun.tiny(directory, text, settings.toArray(String[]::new)).requireSucceeded();

    assertThat(resumed.output()).contains("Resuming after step 20");
    assertThat(losses(resumed).subList(0, 30))
        .zipSatisfy(
            expected.subList(0, 30),
            (actual, loss) -> assertThat(actual).isCloseTo(loss, Offset.offset(1e-6)));
    // Cautious decay switches by signs, where rounding can decide.
    assertThat(losses(resumed))
        .hasSize(40)
        .zipSatisfy(
            expected, (actual, loss) -> assertThat(actual).isCloseTo(loss, Offset.offset(1e-4)));
  }

  @Test
  void aCompleteRunIsEvaluatedAgainAndLeftAsItIs() throws IOException {
    Path text = TrainedRun.text(folder);
    TrainedRun first = train("complete", text).requireSucceeded();
    List<String> hashes = first.shardHashes(100);

    TrainedRun again = train("complete", text).requireSucceeded();

    assertThat(again.shardHashes(100)).isEqualTo(hashes);
    assertThat(again.metrics("validation_loss"))
        .extracting(line -> line.get("validation_loss").asDouble())
        .containsOnly(first.metrics("validation_loss").get(0).get("validation_loss").asDouble());
  }

  private static List<Double> losses(TrainedRun run) {
    return run.metrics("loss").stream().map(line -> line.get("loss").asDouble()).toList();
  }

  private TrainedRun train(String name, Path text) {
    return TrainedRun.tiny(folder.resolve(name), text, SETTINGS.toArray(String[]::new));
  }

  private void killAfterStep(int step, Path directory, Path text) throws Exception {
    JobProcess job = endAfterStep(step, directory, text, Process::destroyForcibly);
    assertThat(job.errors()).isEmpty();
  }

  private JobProcess endAfterStep(int step, Path directory, Path text, Consumer<Process> end)
      throws Exception {
    List<String> arguments = new ArrayList<>(List.of("train"));
    List<String> settings = new ArrayList<>(TrainedRun.tinySettings(text));
    settings.addAll(SETTINGS);
    settings.add("run.directory=" + directory);
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    JobProcess job = JobProcess.start(folder, List.of("--master", "local[2]"), arguments);
    try {
      await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> lastStep(directory) >= step || !job.process().isAlive());
    } finally {
      end.accept(job.process());
      assertThat(job.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    return job;
  }

  private static int lastStep(Path directory) throws IOException {
    Path metrics = directory.resolve("metrics.jsonl");
    if (!Files.exists(metrics)) {
      return 0;
    }
    try (var lines = Files.lines(metrics)) {
      return (int) lines.filter(line -> line.contains("step_ms")).count();
    }
  }
}
