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

  /** No slot may be held for longer after a run has ended. */
  private static final Duration UNTIL_IDLE = Duration.ofSeconds(10);

  private final StandaloneCluster cluster;
  private final Path directory;
  private final List<String> arguments = new ArrayList<>(List.of("train"));
  private final Path driver;
  private final List<String> sparkOptions = new ArrayList<>();
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
    this.driver = directory.resolveSibling(directory.getFileName() + "-driver");
    List<String> all = new ArrayList<>(TrainedRun.tinySettings(text));
    all.add("run.directory=" + directory);
    all.addAll(List.of(settings));
    all.forEach(setting -> arguments.addAll(List.of("--set", setting)));
  }

  /** Adds options of spark-submit, for the next {@link #submit}. */
  WatchedRun with(List<String> options) {
    sparkOptions.addAll(options);
    return this;
  }

  void submit() throws IOException {
    List<String> options = new ArrayList<>(cluster.submitOptions());
    options.addAll(sparkOptions);
    job = JobProcess.start(Files.createDirectories(driver), options, arguments);
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

  /** Waits until the driver has the run directory for itself. */
  void awaitLease() {
    Path lease = directory.resolve("lease.json");
    awaitRunning(() -> Files.exists(lease) && Files.readString(lease).contains("}"));
  }

  /** Waits until a checkpoint is being written. */
  void awaitUnfinishedCheckpoint() {
    awaitRunning(
        () -> {
          Path checkpoints = directory.resolve("checkpoints");
          if (!Files.exists(checkpoints)) {
            return false;
          }
          try (Stream<Path> folders = Files.list(checkpoints)) {
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

  /** Why the run has gone on so far, otherwise than it began. */
  List<JsonNode> reasons() {
    return lines("reason").toList();
  }

  /** Waits until the run has gone on so many times, and has made a step since. */
  void awaitReasons(int count) {
    awaitRunning(
        () -> {
          List<JsonNode> reasons = reasons();
          return reasons.size() >= count && reasons.get(count - 1).get("step").asInt() < lastStep();
        });
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
    TrainedRun run = awaitEnd();
    assertThat(run.code()).as(this::output).isZero();
    return new TrainedRun(directory, 0, run.output(), List.of()).requireSucceeded();
  }

  /** Waits for the end of the driver, whatever it is. */
  TrainedRun awaitEnd() throws Exception {
    assertThat(job.process().waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
    String printed = Files.readString(driver.resolve("output"));
    return new TrainedRun(directory, job.process().exitValue(), printed, job.errors());
  }

  /** After the run has ended: within 10 s no executor lives and no slot is held. */
  Duration awaitNoExecutors() {
    return cluster.awaitIdle(UNTIL_IDLE);
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
    try {
      return Files.readString(driver.resolve("output"))
          + Files.readString(driver.resolve("errors"));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
