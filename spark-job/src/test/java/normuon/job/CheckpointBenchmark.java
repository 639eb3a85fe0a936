package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import normuon.job.checkpoint.RunLease;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.RunConfiguration;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunSummary;
import normuon.job.report.StepRecord;
import normuon.job.train.ClusterCheck;
import normuon.job.train.TrainingDriver;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures what a checkpoint every 50 steps adds to the time of a step, and the time between two
 * steps: two ranks of the model of {@code conf/shakespeare-char.yaml}, in turns with and without
 * checkpoints.
 *
 * <p>Not part of the tests; {@code mvn test -pl spark-job -am -Dtest=CheckpointBenchmark
 * -Dsurefire.failIfNoSpecifiedTests=false} runs it and prints medians.
 */
class CheckpointBenchmark {

  private static final int ROUNDS = 4;
  private static final int EVERY = 50;
  private static final int STEPS = 6 * EVERY;

  @TempDir private Path folder;

  @Test
  void measure() throws IOException {
    List<Double> with = new ArrayList<>();
    List<Double> without = new ArrayList<>();
    List<Double> between = new ArrayList<>();
    List<Double> beside = new ArrayList<>();
    List<Double> alone = new ArrayList<>();
    List<Double> control = new ArrayList<>();
    try (Session session = new Session()) {
      for (int round = 0; round < ROUNDS; round++) {
        Run plain = session.train(folder.resolve("plain" + round), 0);
        Run checkpointed = session.train(folder.resolve("checkpointed" + round), EVERY);
        without.add(plain.millisecondsPerStep());
        with.add(checkpointed.millisecondsPerStep());
        between.addAll(checkpointed.betweenSegments());
        beside.addAll(checkpointed.stepMilliseconds(1, 10));
        alone.addAll(checkpointed.stepMilliseconds(11, EVERY));
        control.addAll(plain.controlMilliseconds());
      }
    }
    print("wall time of a step without checkpoints: %.2f ms", median(without));
    print("with one every %d steps: %.2f ms", EVERY, median(with));
    print("added: %.1f%%", 100 * (median(with) / median(without) - 1));
    print("of that between two segments: %.0f ms for each checkpoint", median(between));
    print(
        "a step of the first 10 after a checkpoint: %.2f ms, a later one: %.2f ms",
        median(beside), median(alone));
    print("control between two steps of a segment: %.3f ms", median(control));
    assertThat(control).hasSize(ROUNDS * (STEPS - EVERY));
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  private static double median(Collection<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  /** Two ranks in this process, for one run after the other. */
  private static final class Session implements AutoCloseable {

    private final SparkSession spark;

    Session() {
      SparkConf conf = new SparkConf(false).setMaster("local[2]").set("spark.ui.enabled", "false");
      spark =
          SparkSession.builder()
              .config(SparkSettings.prepare(conf, RunConfiguration.fromYaml("", "benchmark")))
              .getOrCreate();
    }

    Run train(Path directory, int checkpointEvery) throws IOException {
      Configuration hadoop = new Configuration();
      List<String> settings =
          List.of(
              "run.directory=" + Files.createDirectories(directory),
              "data.path=sample",
              "data.tokens_directory=" + directory.resolveSibling("tokens"),
              "train.ranks=2",
              "train.steps=" + STEPS,
              "evaluate.every_steps=0",
              "generate.tokens=0",
              "checkpoint.every_steps=" + checkpointEvery);
      RunConfiguration configuration =
          new ConfigurationLoader(hadoop)
              .load(
                  new ConfigurationSources(
                      Optional.of(
                          Path.of("..", "conf", "shakespeare-char.yaml")
                              .toAbsolutePath()
                              .toString()),
                      Map.of(),
                      settings));
      Run run = new Run();
      try (RunLease lease =
          RunLease.take(
              FileSystem.getLocal(hadoop), configuration.runDirectory(), 60, notice -> {})) {
        new TrainingDriver(spark, configuration, lease, run, new ClusterCheck(2, ranks -> {}))
            .run();
      }
      return run;
    }

    @Override
    public void close() {
      spark.stop();
    }
  }

  /** When the driver heard of each step; all that comes after the first checkpoint counts. */
  private static final class Run implements RunReporter {

    private final Map<Integer, StepRecord> steps = new TreeMap<>();
    private final Map<Integer, Long> nanos = new TreeMap<>();

    @Override
    public void step(StepRecord step) {
      steps.put(step.step(), step);
      nanos.put(step.step(), System.nanoTime());
    }

    double millisecondsPerStep() {
      return milliseconds(EVERY, STEPS) / (STEPS - EVERY);
    }

    /** From the last step of a segment to the first of the next, without that step. */
    List<Double> betweenSegments() {
      return Stream.iterate(EVERY, step -> step < STEPS, step -> step + EVERY)
          .map(step -> milliseconds(step, step + 1) - steps.get(step + 1).stepMs())
          .toList();
    }

    /** Of the steps at these places after a checkpoint, counted from 1. */
    List<Double> stepMilliseconds(int first, int last) {
      return steps.values().stream()
          .filter(step -> step.step() > EVERY)
          .filter(step -> place(step) >= first && place(step) <= last)
          .map(StepRecord::stepMs)
          .toList();
    }

    private static int place(StepRecord step) {
      return (step.step() - 1) % EVERY + 1;
    }

    List<Double> controlMilliseconds() {
      return steps.values().stream()
          .filter(step -> step.step() > EVERY)
          .map(StepRecord::controlMs)
          .toList();
    }

    private double milliseconds(int from, int to) {
      return (nanos.get(to) - nanos.get(from)) / 1e6;
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
