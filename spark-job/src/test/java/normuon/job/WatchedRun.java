package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A run of the tiny model on a cluster, whose progress is watched from outside. */
final class WatchedRun {

  static final int CHECKPOINT_EVERY = 20;

  private static final Duration LONGEST = Duration.ofMinutes(10);

  private final StandaloneCluster cluster;
  private final Path directory;
  private final List<String> arguments = new ArrayList<>(List.of("train"));
  private JobProcess job;

  /**
   * Creates the run; it begins with {@link #submit}.
   *
   * @param text what it trains on
   * @param directory the run directory
   * @param settings those that differ from the tiny model's
   */
  WatchedRun(StandaloneCluster cluster, Path text, Path directory, String... settings) {
    this.cluster = cluster;
    this.directory = directory;
    List<String> all = new ArrayList<>(TrainedRun.tinySettings(text));
    all.addAll(List.of(settings));
    all.add("run.directory=" + directory);
    all.forEach(setting -> arguments.addAll(List.of("--set", setting)));
  }

  void submit() throws IOException {
    job = JobProcess.start(directory.getParent(), cluster.submitOptions(), arguments);
  }

  ProcessHandle driver() {
    return job.process().toHandle();
  }

  void killDriver() throws InterruptedException {
    job.process().destroyForcibly().waitFor();
  }

  int lastStep() {
    return lines("step_ms").mapToInt(line -> line.get("step").asInt()).max().orElse(0);
  }

  /** Waits for a step after which the same segment has more, so that all ranks are at work. */
  void awaitStepInsideASegment(int step) {
    awaitRunning(
        () -> {
          int last = lastStep();
          int inSegment = last % CHECKPOINT_EVERY;
          return last >= step && inSegment > 0 && inSegment < CHECKPOINT_EVERY / 2;
        });
  }

  void awaitStep(int step) {
    awaitRunning(() -> lastStep() >= step);
  }

  /** Waits until a checkpoint is being written. */
  void awaitUnfinishedCheckpoint() {
    awaitRunning(
        () -> {
          try (Stream<Path> folders = Files.list(directory.resolve("checkpoints"))) {
            return folders.anyMatch(folder -> !Files.exists(folder.resolve("manifest.json")));
          }
        });
  }

  /** Waits until the run has gone on for a reason of some form, and has made a step since. */
  JsonNode awaitAttempt(String reason) {
    Pattern form = Pattern.compile(reason);
    awaitRunning(
        () -> attempt(form).filter(line -> line.get("step").asInt() < lastStep()).isPresent());
    return attempt(form).orElseThrow();
  }

  private Optional<JsonNode> attempt(Pattern reason) {
    return lines("reason")
        .filter(line -> reason.matcher(line.get("reason").asText()).find())
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
    assertThat(job.process().exitValue()).as(this::output).isZero();
    return new TrainedRun(directory, 0, output(), List.of()).requireSucceeded();
  }

  /** Within 10 s no executor lives, so that no slot is held. */
  void awaitNoExecutors() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> cluster.executors(1).isEmpty() && cluster.executors(2).isEmpty());
  }

  /** The whole lines of the metrics that have a field; the run may be writing one more. */
  private Stream<JsonNode> lines(String field) {
    Path metrics = directory.resolve("metrics.jsonl");
    if (!Files.exists(metrics)) {
      return Stream.of();
    }
    try {
      String text = Files.readString(metrics);
      List<JsonNode> lines = new ArrayList<>();
      for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
        lines.add(TrainedRun.JSON.readTree(line));
      }
      return lines.stream().filter(line -> line.has(field));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String output() {
    Path folder = directory.getParent();
    try {
      return Files.readString(folder.resolve("output"))
          + Files.readString(folder.resolve("errors"));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
