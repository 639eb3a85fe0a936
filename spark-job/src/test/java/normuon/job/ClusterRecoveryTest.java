package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes of a standalone cluster are killed and frozen; no run loses anything by it. */
class ClusterRecoveryTest {

  /** Gentle, as this small model amplifies rounding where it learns fast. */
  private static final List<String> SETTINGS =
      List.of(
          "optimizer.schedule.name=constant",
          "optimizer.schedule.warmup_steps=160",
          "checkpoint.every_steps=" + WatchedRun.CHECKPOINT_EVERY,
          "train.ranks=2",
          "communication.deadline_seconds=10",
          "recovery.stop_seconds=2",
          "recovery.backoff_seconds=0.1");

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
        TrainedRun.tiny(folder.resolve("undisturbed"), text, settings(160)).requireSucceeded();
    Path events = folder.resolve("events");
    run = watched("disturbed", 160).with(SurvivingTasks.log(events));

    run.submit();
    run.awaitStepInsideASegment(20);
    StandaloneCluster.signal(cluster.executor(1), "KILL");
    Instant killed = Instant.now();
    run.awaitAttempt("was lost in step .*; its log: http://.*");
    assertThat(SurvivingTasks.longest(events, killed))
        .hasValueSatisfying(life -> assertThat(life).isLessThan(Duration.ofSeconds(5)));

    run.awaitStepInsideASegment(run.lastStep() + 20);
    run.killDriver();
    run.awaitNoExecutors();
    run.submit();

    run.awaitStepInsideASegment(run.lastStep() + 20);
    ProcessHandle frozen = cluster.executor(2);
    StandaloneCluster.signal(frozen, "STOP");
    run.awaitAttempt("fell silent in step .* did not come from rank .* within PT10S.*");
    assertThat(frozen.isAlive()).as("what was frozen is gone").isFalse();

    TrainedRun result = run.awaitSuccess();
    assertThat(result.shardHashes(160)).isEqualTo(undisturbed.shardHashes(160));
    assertThat(steps(result)).isEqualTo(IntStream.rangeClosed(1, 160).boxed().toList());
    assertThat(losses(result)).isEqualTo(losses(undisturbed));
    run.awaitNoExecutors();
  }

  @Test
  void aRunGoesOnWithoutALostWorkerAndTakesItAgain() throws Exception {
    TrainedRun undisturbed =
        TrainedRun.tiny(folder.resolve("whole"), text, settings(40)).requireSucceeded();
    run = watched("elastic", 400, "recovery.minimum_ranks=1", "recovery.slot_wait_seconds=1");

    run.submit();
    run.awaitStepInsideASegment(20);
    StandaloneCluster.signal(cluster.worker(2), "KILL");
    assertThat(run.awaitAttempt("was lost .*").get("ranks").asInt()).isEqualTo(1);
    // Without the driver the run ends its segment and waits, which leaves time for the worker.
    StandaloneCluster.signal(run.driver(), "STOP");
    cluster.start();
    cluster.awaitExecutor(2);
    StandaloneCluster.signal(run.driver(), "CONT");
    assertThat(run.awaitAttempt("there are 2 task slots").get("ranks").asInt()).isEqualTo(2);

    TrainedRun result = run.awaitSuccess();
    assertThat(result.manifest(400).get("ranks").asInt()).isEqualTo(2);
    assertThat(steps(result)).isEqualTo(IntStream.rangeClosed(1, 400).boxed().toList());
    assertThat(losses(result).subList(0, 40))
        .zipSatisfy(
            losses(undisturbed),
            (actual, expected) -> assertThat(actual).isCloseTo(expected, Offset.offset(1e-4)));
    run.awaitNoExecutors();
  }

  private static WatchedRun watched(String name, int steps, String... more) {
    return new WatchedRun(cluster, text, folder.resolve(name), settings(steps, more));
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
}
