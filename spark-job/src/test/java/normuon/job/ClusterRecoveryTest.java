package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import normuon.job.config.WeightsSettings.Layout;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Real processes of a standalone cluster are killed and frozen; no run loses anything by it,
 * whatever the layout of its weights: all end with the bits of one replicated run.
 */
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

  private static final int STEPS = 160;

  @TempDir private static Path folder;

  private static Path text;
  private static TrainedRun undisturbed;
  private static StandaloneCluster cluster;

  private WatchedRun run;

  @BeforeAll
  static void start() throws Exception {
    text = TrainedRun.text(folder);
    undisturbed =
        TrainedRun.tiny(folder.resolve("undisturbed"), text, settings(STEPS)).requireSucceeded();
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

  @ParameterizedTest
  @EnumSource(Layout.class)
  void killedAndFrozenExecutorsAndAKilledDriverChangeNoBit(Layout layout) throws Exception {
    Path events = folder.resolve(layout + "-events");
    run = watched(layout + "-disturbed", STEPS, layout(layout)).with(SurvivingTasks.log(events));

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
    assertThat(result.shardHashes(STEPS)).isEqualTo(undisturbed.shardHashes(STEPS));
    assertThat(steps(result)).isEqualTo(IntStream.rangeClosed(1, STEPS).boxed().toList());
    assertThat(losses(result)).isEqualTo(losses(undisturbed));
    run.awaitNoExecutors();
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void aRunGoesOnWithoutALostWorkerAndTakesItAgain(Layout layout) throws Exception {
    run =
        watched(
            layout + "-elastic",
            400,
            layout(layout),
            "recovery.minimum_ranks=1",
            "recovery.slot_wait_seconds=1");

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
            losses(undisturbed).subList(0, 40),
            (actual, expected) -> assertThat(actual).isCloseTo(expected, Offset.offset(1e-4)));
    run.awaitNoExecutors();
  }

  private static String layout(Layout layout) {
    return "weights.layout=" + layout.name().toLowerCase(Locale.ROOT);
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
