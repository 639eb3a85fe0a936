package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An executor is killed at any moment, ten times over. Takes minutes: {@code mvn -Psoak}. */
@Tag("soak")
class ClusterSoakTest {

  private static final int STEPS = 200;
  private static final String[] SETTINGS = {
    "train.steps=" + STEPS,
    "checkpoint.every_steps=" + WatchedRun.CHECKPOINT_EVERY,
    "optimizer.schedule.warmup_steps=100",
    "train.ranks=2"
  };
  private static final Duration LONGEST_LOSS = Duration.ofSeconds(30);

  @TempDir private static Path folder;

  private static Path text;
  private static StandaloneCluster cluster;
  private static TrainedRun undisturbed;

  private WatchedRun run;

  @BeforeAll
  static void start() throws Exception {
    text = TrainedRun.text(folder);
    cluster = new StandaloneCluster(folder);
    undisturbed = TrainedRun.tiny(folder.resolve("undisturbed"), text, SETTINGS).requireSucceeded();
  }

  @AfterEach
  void endTheJob() throws InterruptedException {
    run.killDriver();
  }

  @AfterAll
  static void stop() throws Exception {
    cluster.stop();
  }

  static IntStream seeds() {
    return IntStream.rangeClosed(1, 10);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aKilledExecutorCostsTimeAndNothingElse(int seed, TestReporter reporter) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    run = new WatchedRun(cluster, text, folder.resolve("run" + seed), SETTINGS);
    run.submit();

    run.awaitStep(random.nextInt(10, 150));
    if (seed % 4 == 0) {
      run.awaitUnfinishedCheckpoint();
    } else {
      Awaitility.await().pollDelay(random.nextInt(1, 50), TimeUnit.MILLISECONDS).until(() -> true);
    }
    StandaloneCluster.signal(cluster.executor(1 + random.nextInt(2)), "KILL");
    long killed = System.nanoTime();
    // Another step may just have been made, but none more without the executor.
    run.awaitStep(run.lastStep() + 2);
    Duration lost = Duration.ofNanos(System.nanoTime() - killed);
    TrainedRun result = run.awaitSuccess();
    run.awaitNoExecutors();

    reporter.publishEntry(
        "killed",
        result.metrics("reason").stream().map(line -> line.get("reason").asText()).toList()
            + " lost "
            + lost.toMillis()
            + " ms");
    assertThat(lost).isLessThan(LONGEST_LOSS);
    assertThat(result.shardHashes(STEPS)).isEqualTo(undisturbed.shardHashes(STEPS));
    assertThat(List.copyOf(result.metrics("step_ms")))
        .extracting(line -> line.get("step").asInt())
        .isEqualTo(IntStream.rangeClosed(1, STEPS).boxed().toList());
  }
}
