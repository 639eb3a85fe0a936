package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes of a standalone cluster are killed and frozen; no run loses anything by it. */
class ClusterRecoveryTest {

  /** A gentle course, as rounding grows with the distance travelled. */
  private static final List<String> SETTINGS =
      List.of(
          "optimizer.schedule.warmup_steps=100",
          "checkpoint.every_steps=20",
          "train.ranks=2",
          "communication.deadline_seconds=10",
          "recovery.stop_seconds=2",
          "recovery.backoff_seconds=0.1");

  private static final Duration LONGEST = Duration.ofMinutes(3);

  @TempDir private static Path folder;

  private static Path text;
  private static StandaloneCluster cluster;

  private WatchedRun run;

  @BeforeAll
  static void start() throws Exception {
    text = TrainedRun.text(folder);
    cluster = new StandaloneCluster(folder);
  }

  @AfterEach
  void endTheJob() throws InterruptedException {
    run.killDriver();
  }

  @AfterAll
  static void stop() throws Exception {
    cluster.stop();
  }

  @Test
  void killedAndFrozenExecutorsAndAKilledDriverChangeNoBit() throws Exception {
    TrainedRun undisturbed =
        TrainedRun.tiny(folder.resolve("undisturbed"), text, settings(300)).requireSucceeded();
    run = new WatchedRun(folder.resolve("disturbed"), 300);

    run.submit();
    run.awaitStep(30);
    StandaloneCluster.signal(run.executor(1), "KILL");
    run.awaitAttempt("was lost in step .*; its log: http://.*");

    run.awaitStep(run.lastStep() + 30);
    run.killDriver();
    run.awaitNoExecutors();
    run.submit();

    run.awaitStep(run.lastStep() + 30);
    ProcessHandle frozen = run.executor(2);
    StandaloneCluster.signal(frozen, "STOP");
    run.awaitAttempt("fell silent in step .* did not come from rank .* within PT10S.*");
    assertThat(frozen.isAlive()).as("what was frozen is gone").isFalse();

    TrainedRun result = run.awaitSuccess();
    assertThat(result.shardHashes(300)).isEqualTo(undisturbed.shardHashes(300));
    assertThat(steps(result)).isEqualTo(IntStream.rangeClosed(1, 300).boxed().toList());
    assertThat(losses(result)).isEqualTo(losses(undisturbed));
    run.awaitNoExecutors();
  }

  @Test
  void aRunGoesOnWithoutALostWorkerAndTakesItAgain() throws Exception {
    TrainedRun undisturbed =
        TrainedRun.tiny(folder.resolve("whole"), text, settings(60)).requireSucceeded();
    run =
        new WatchedRun(
            folder.resolve("elastic"),
            2000,
            "recovery.minimum_ranks=1",
            "recovery.slot_wait_seconds=1");

    run.submit();
    run.awaitStep(30);
    StandaloneCluster.signal(cluster.worker(2), "KILL");
    assertThat(run.awaitAttempt("was lost .*").get("ranks").asInt()).isEqualTo(1);
    cluster.start();
    assertThat(run.awaitAttempt("there are 2 task slots").get("ranks").asInt()).isEqualTo(2);

    TrainedRun result = run.awaitSuccess();
    assertThat(result.manifest(2000).get("ranks").asInt()).isEqualTo(2);
    assertThat(steps(result)).isEqualTo(IntStream.rangeClosed(1, 2000).boxed().toList());
    assertThat(losses(result).subList(0, 60))
        .zipSatisfy(
            losses(undisturbed),
            (actual, expected) -> assertThat(actual).isCloseTo(expected, Offset.offset(1e-4)));
    run.awaitNoExecutors();
  }

  private static String[] settings(int steps, String... more) {
    List<String> settings = new ArrayList<>(SETTINGS);
    settings.add("train.steps=" + steps);
    settings.addAll(List.of(more));
    return settings.toArray(String[]::new);
  }

  private static List<Integer> steps(TrainedRun run) {
    return run.metrics("step_ms").stream().map(line -> line.get("step").asInt()).toList();
  }

  private static List<Double> losses(TrainedRun run) {
    return run.metrics("loss").stream().map(line -> line.get("loss").asDouble()).toList();
  }

  /** A run on the cluster whose progress can be watched from outside. */
  private static final class WatchedRun {

    private final Path directory;
    private JobProcess job;
    private final List<String> arguments = new ArrayList<>(List.of("train"));

    WatchedRun(Path directory, int steps, String... more) {
      this.directory = directory;
      List<String> settings = new ArrayList<>(TrainedRun.tinySettings(text));
      settings.addAll(List.of(settings(steps, more)));
      settings.add("run.directory=" + directory);
      settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    }

    void submit() throws IOException {
      job = JobProcess.start(folder, cluster.submitOptions(), arguments);
    }

    void killDriver() throws InterruptedException {
      job.process().destroyForcibly().waitFor();
    }

    ProcessHandle executor(int worker) throws IOException {
      List<ProcessHandle> executors = cluster.executors(worker);
      assertThat(executors).hasSize(1);
      return executors.get(0);
    }

    int lastStep() {
      return lines("step_ms").mapToInt(line -> line.get("step").asInt()).max().orElse(0);
    }

    void awaitStep(int step) {
      awaitRunning(() -> lastStep() >= step);
    }

    /** Waits until the run has gone on for a reason of some form, and has made a step since. */
    JsonNode awaitAttempt(String reason) {
      awaitRunning(
          () -> attempt(reason).filter(line -> line.get("step").asInt() < lastStep()).isPresent());
      return attempt(reason).orElseThrow();
    }

    private Optional<JsonNode> attempt(String reason) {
      Pattern form = Pattern.compile(reason);
      return lines("reason")
          .filter(line -> form.matcher(line.get("reason").asText()).find())
          .findFirst();
    }

    private void awaitRunning(Callable<Boolean> condition) {
      Awaitility.await()
          .atMost(LONGEST)
          .pollInterval(Duration.ofMillis(5))
          .failFast(() -> assertThat(job.process().isAlive()).as(this::output).isTrue())
          .until(condition);
    }

    TrainedRun awaitSuccess() throws Exception {
      assertThat(job.process().waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
      return new TrainedRun(directory, job.process().exitValue(), output(), List.of())
          .requireSucceeded();
    }

    /** Within 10 s no executor lives, so that no slot is held. */
    void awaitNoExecutors() {
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> cluster.executors(1).isEmpty() && cluster.executors(2).isEmpty());
    }

    private Stream<JsonNode> lines(String field) {
      if (!Files.exists(directory.resolve("metrics.jsonl"))) {
        return Stream.of();
      }
      return new TrainedRun(directory, 0, "", List.of()).metrics(field).stream();
    }

    private String output() {
      try {
        return Files.readString(folder.resolve("output"))
            + Files.readString(folder.resolve("errors"));
      } catch (IOException e) {
        return e.toString();
      }
    }
  }
}
