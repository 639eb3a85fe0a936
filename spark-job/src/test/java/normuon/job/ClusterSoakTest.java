package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Processes of a cluster are killed and frozen at every kind of moment and at random ones. Takes a
 * quarter of an hour: {@code mvn verify -Psoak}; ends with a table of what each fault cost. With
 * {@code -Dnormuon.layout=sharded} ranks hold rows of the weights, and must leave the bits of a run
 * whose ranks hold all.
 */
@Tag("soak")
class ClusterSoakTest {

  private static final int STEPS = 200;
  private static final int DEADLINE_SECONDS = 10;
  private static final List<String> SETTINGS =
      List.of(
          "train.steps=" + STEPS,
          "checkpoint.every_steps=" + WatchedRun.CHECKPOINT_EVERY,
          "optimizer.schedule.name=constant",
          "optimizer.schedule.warmup_steps=" + STEPS,
          "communication.deadline_seconds=" + DEADLINE_SECONDS,
          "train.ranks=2");
  private static final String LAYOUT =
      "weights.layout=" + System.getProperty("normuon.layout", "replicated");
  private static final Duration LONGEST_LOSS = Duration.ofSeconds(30);
  private static final Duration LONGEST_SURVIVAL = Duration.ofSeconds(5);
  private static final List<String> TABLE = new ArrayList<>();

  @TempDir private static Path folder;

  private static Path text;
  private static StandaloneCluster cluster;
  private static TrainedRun undisturbed;

  private WatchedRun run;
  private Path events;

  @BeforeAll
  static void start() throws Exception {
    text = TrainedRun.text(folder);
    cluster = new StandaloneCluster(folder);
    undisturbed =
        TrainedRun.tiny(folder.resolve("undisturbed"), text, SETTINGS.toArray(String[]::new))
            .requireSucceeded();
  }

  @AfterEach
  void endTheJob() throws InterruptedException {
    run.killDriver();
  }

  @AfterAll
  static void stop() throws Exception {
    cluster.stop();
    System.out.println(
        "| fault | lost ms | survivors stopped ms | slots free ms | first failure |");
    System.out.println("|---|---|---|---|---|");
    TABLE.forEach(System.out::println);
  }

  @ParameterizedTest
  @EnumSource
  void anExecutorKilledInTheMiddleOfSomethingCostsTimeAndNothingElse(PhaseKill.Moment moment)
      throws Exception {
    SplittableRandom random = new SplittableRandom(moment.ordinal());
    Path orders = Files.createDirectory(folder.resolve("orders-" + moment));
    submit("killed-" + moment).with(obeying(orders)).submit();

    run.awaitStep(random.nextInt(10, 100));
    ProcessHandle victim = cluster.executor(1 + random.nextInt(2));
    PhaseKill.order(orders, victim, moment, PhaseKill.Signal.KILL);
    victim.onExit().get(2, TimeUnit.MINUTES);

    requireSameBits("killed in " + moment.name().toLowerCase(Locale.ROOT), awaitRecovery());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void anExecutorKilledAtARandomMomentCostsTimeAndNothingElse(int seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    submit("killed-" + seed).submit();

    awaitRandomMoment(random);
    if (seed == 4) {
      run.awaitUnfinishedCheckpoint();
    }
    StandaloneCluster.signal(cluster.executor(1 + random.nextInt(2)), "KILL");

    requireSameBits("killed at random " + seed, awaitRecovery());
  }

  @Test
  void anExecutorThatFreezesWhereNobodyWaitsForItCostsItsDeadlineAndNothingElse() throws Exception {
    Path orders = Files.createDirectory(folder.resolve("orders-frozen"));
    submit("frozen-end", "recovery.stop_seconds=2").with(obeying(orders)).submit();

    run.awaitStep(30);
    ProcessHandle victim = cluster.executor(1);
    PhaseKill.order(orders, victim, PhaseKill.Moment.SEGMENT_END, PhaseKill.Signal.STOP);
    Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> isStopped(victim));
    Recovery recovery = awaitRecovery();

    assertThat(victim.isAlive()).as("what was frozen is gone").isFalse();
    requireSameBits("frozen at a segment's end", recovery);
  }

  private static List<String> obeying(Path orders) {
    return List.of(
        "--conf",
        "spark.plugins=" + PhaseKill.class.getName(),
        "--conf",
        "spark.test.kill.orders=" + orders);
  }

  /** Whether a process is in the state T of Linux. */
  private static boolean isStopped(ProcessHandle process) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
    return stat.substring(stat.lastIndexOf(')') + 1).strip().startsWith("T");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aFrozenExecutorCostsItsDeadlineAndNothingElse(int seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    submit("frozen-" + seed, "recovery.stop_seconds=2").submit();

    awaitRandomMoment(random);
    ProcessHandle frozen = cluster.executor(1 + random.nextInt(2));
    StandaloneCluster.signal(frozen, "STOP");
    Recovery recovery = awaitRecovery();

    assertThat(frozen.isAlive()).as("what was frozen is gone").isFalse();
    requireSameBits("frozen " + seed, recovery);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aKilledDriverCostsTimeAndNothingElse(int seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    submit("driver-" + seed).submit();

    awaitRandomMoment(random);
    run.killDriver();
    long killed = System.nanoTime();
    int before = run.lastStep();
    Duration idle = run.awaitNoExecutors();
    run.submit();
    run.awaitStep(before + 1);
    Duration lost = Duration.ofNanos(System.nanoTime() - killed);

    requireSameBits(run.awaitSuccess());
    report("driver killed " + seed, Optional.of(lost), Optional.empty(), idle, "");
  }

  @Test
  void workersThatGoAndComeBackCostNoStep() throws Exception {
    submit(
            "workers",
            "train.steps=1200",
            "recovery.minimum_ranks=1",
            "recovery.slot_wait_seconds=1",
            "communication.deadline_seconds=30")
        .submit();

    for (int worker = 1; worker <= 2; worker++) {
      run.awaitStepInsideASegment(run.lastStep() + 20);
      int before = run.reasons().size();
      StandaloneCluster.signal(cluster.worker(worker), "KILL");
      run.awaitReasons(before + 1);
      // Without the driver the run ends its segment and waits, which leaves time for the worker.
      StandaloneCluster.signal(run.driver(), "STOP");
      cluster.start();
      cluster.awaitExecutor(worker);
      StandaloneCluster.signal(run.driver(), "CONT");
      run.awaitReasons(before + 2);
    }

    TrainedRun result = run.awaitSuccess();
    assertThat(result.metrics("reason"))
        .extracting(line -> line.get("ranks").asInt())
        .containsExactly(1, 2, 1, 2);
    requireEveryStepOnce(result, 1200);
    // Later on this small model amplifies rounding, as it learns fast.
    assertThat(losses(result).subList(0, 50))
        .zipSatisfy(
            losses(undisturbed).subList(0, 50),
            (actual, expected) -> assertThat(actual).isCloseTo(expected, Offset.offset(1e-4)));
    report(
        "both workers killed and back",
        Optional.empty(),
        Optional.empty(),
        run.awaitNoExecutors(),
        "");
  }

  private WatchedRun submit(String name, String... more) throws Exception {
    List<String> settings = new ArrayList<>(SETTINGS);
    settings.add(LAYOUT);
    settings.addAll(List.of(more));
    events = folder.resolve("events-" + name);
    run = new WatchedRun(cluster, text, folder.resolve(name), settings.toArray(String[]::new));
    return run.with(SurvivingTasks.log(events));
  }

  private void awaitRandomMoment(SplittableRandom random) {
    run.awaitStep(random.nextInt(10, 150));
    Awaitility.await().pollDelay(random.nextInt(1, 50), TimeUnit.MILLISECONDS).until(() -> true);
  }

  private record Recovery(Instant fault, Duration lost) {}

  /** Waits for a step that was made after the fault of this moment. */
  private Recovery awaitRecovery() {
    Instant fault = Instant.now();
    long start = System.nanoTime();
    // Another step may just have been made, but none more without the executor.
    run.awaitStep(run.lastStep() + 2);
    return new Recovery(fault, Duration.ofNanos(System.nanoTime() - start));
  }

  private void requireSameBits(String fault, Recovery recovery) throws Exception {
    TrainedRun result = run.awaitSuccess();
    Duration idle = run.awaitNoExecutors();
    Optional<Duration> survival = SurvivingTasks.longest(events, recovery.fault());
    String cause =
        result.metrics("reason").stream()
            .map(line -> line.get("reason").asText().replaceAll("; its log.*", ""))
            .reduce("none: between two segments", (none, reason) -> reason);
    report(fault, Optional.of(recovery.lost()), survival, idle, cause);
    boolean frozen = fault.startsWith("frozen");
    Duration deadline = Duration.ofSeconds(frozen ? DEADLINE_SECONDS : 0);
    assertThat(recovery.lost()).isLessThan(LONGEST_LOSS.plus(deadline));
    assertThat(survival.orElse(Duration.ZERO)).isLessThan(LONGEST_SURVIVAL.plus(deadline));
    requireSameBits(result);
  }

  private static void requireSameBits(TrainedRun result) {
    assertThat(result.shardHashes(STEPS)).isEqualTo(undisturbed.shardHashes(STEPS));
    assertThat(losses(result)).isEqualTo(losses(undisturbed));
    requireEveryStepOnce(result, STEPS);
  }

  private static void requireEveryStepOnce(TrainedRun result, int steps) {
    assertThat(result.metrics("step_ms"))
        .extracting(line -> line.get("step").asInt())
        .isEqualTo(IntStream.rangeClosed(1, steps).boxed().toList());
  }

  private static List<Double> losses(TrainedRun run) {
    return run.metrics("loss").stream().map(line -> line.get("loss").asDouble()).toList();
  }

  private static void report(
      String fault,
      Optional<Duration> lost,
      Optional<Duration> survival,
      Duration idle,
      String cause) {
    TABLE.add(
        "| %s | %s | %s | %d | %s |"
            .formatted(fault, milliseconds(lost), milliseconds(survival), idle.toMillis(), cause));
  }

  private static String milliseconds(Optional<Duration> duration) {
    return duration.map(Duration::toMillis).map(Object::toString).orElse("");
  }
}
