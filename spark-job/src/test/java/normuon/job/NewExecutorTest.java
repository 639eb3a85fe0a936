package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.IntConsumer;
import normuon.job.checkpoint.RunLease;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.report.AttemptRecord;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunStoppedException;
import normuon.job.report.RunSummary;
import normuon.job.report.StepRecord;
import normuon.job.train.ClusterCheck;
import normuon.job.train.TrainingDriver;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkConf;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.cluster.ExecutorInfo;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.collection.immutable.Map$;

/** An executor that comes while a run is under way is looked at before ranks train there. */
class NewExecutorTest {

  private static final String PROBLEM = "Invalid version of Java for rank 1 on host: 11";

  @TempDir private Path folder;

  private final List<Integer> checks = new ArrayList<>();
  private final Progress progress = new Progress();
  private SparkSession spark;

  @BeforeEach
  void start() throws TimeoutException {
    SparkConf conf = new SparkConf(false).setMaster("local[2]").set("spark.ui.enabled", "false");
    spark =
        SparkSession.builder()
            .config(SparkSettings.prepare(conf, RunConfiguration.fromYaml("", "test")))
            .getOrCreate();
    // The executor of the start has come before the run begins.
    spark.sparkContext().listenerBus().waitUntilEmpty();
  }

  @AfterEach
  void stop() {
    spark.stop();
  }

  @Test
  void oneThatDoesNotFitIsTriedAgainAndNothingIsLost() throws IOException {
    train(
        ranks -> {
          if (checks.size() == 1) {
            throw new InvalidConfigurationException(PROBLEM);
          }
        });

    assertThat(checks).containsExactly(2, 2);
    assertThat(progress.attempts).extracting(AttemptRecord::reason).containsExactly(PROBLEM);
    assertThat(progress.lastStep).isEqualTo(10);
  }

  @Test
  void oneThatNeverFitsEndsTheRunAfterItsAttempts() {
    assertThatThrownBy(
            () ->
                train(
                    ranks -> {
                      throw new InvalidConfigurationException(PROBLEM);
                    }))
        .isInstanceOf(RunStoppedException.class)
        .hasMessageMatching("Cannot go on after step [05], recovery.attempts 3: " + PROBLEM);
    assertThat(checks).containsExactly(2, 2, 2);
  }

  private void train(IntConsumer check) throws IOException {
    Configuration hadoop = new Configuration();
    List<String> settings = new ArrayList<>(TrainedRun.tinySettings(TrainedRun.text(folder)));
    settings.addAll(
        List.of(
            "run.directory=" + Files.createDirectory(folder.resolve("run")),
            "train.ranks=2",
            "train.steps=10",
            "checkpoint.every_steps=5",
            "recovery.attempts=3",
            "recovery.backoff_seconds=0"));
    RunConfiguration configuration =
        new ConfigurationLoader(hadoop)
            .load(new ConfigurationSources(Optional.empty(), Map.of(), settings));
    ClusterCheck counted =
        new ClusterCheck(
            2,
            ranks -> {
              checks.add(ranks);
              check.accept(ranks);
            });
    try (RunLease lease =
        RunLease.take(
            FileSystem.getLocal(hadoop), configuration.runDirectory(), 60, notice -> {})) {
      new TrainingDriver(spark, configuration, lease, progress, counted).run();
    }
  }

  /** Follows the run; in its third step an executor comes. */
  private final class Progress implements RunReporter {

    private final List<AttemptRecord> attempts = new ArrayList<>();
    private int lastStep;
    private boolean posted;

    @Override
    public void step(StepRecord step) {
      lastStep = step.step();
      if (step.step() == 3 && !posted) {
        posted = true;
        ExecutorInfo executor = new ExecutorInfo("host", 1, Map$.MODULE$.empty());
        spark
            .sparkContext()
            .listenerBus()
            .post(new SparkListenerExecutorAdded(System.currentTimeMillis(), "7", executor));
      }
    }

    @Override
    public void continued(AttemptRecord attempt) {
      attempts.add(attempt);
    }

    @Override
    public void started(RunStart start) {}

    @Override
    public void evaluated(EvaluationRecord evaluation) {}

    @Override
    public void checkpointed(int step) {}

    @Override
    public void finished(RunSummary summary) {}

    @Override
    public void close() {}
  }
}
