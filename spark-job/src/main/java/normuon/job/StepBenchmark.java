package normuon.job;

import static java.util.Comparator.comparingInt;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.RunConfiguration;
import normuon.job.report.StepRecord;
import normuon.job.train.Slots;
import normuon.job.train.StepTrial;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/**
 * Times the optimizer's part of real steps, from the reduced gradient to the new weights, over the
 * shapes of GPT-2 with 124M parameters.
 *
 * @param layers blocks of the model; 12 in GPT-2
 * @param rounds timed steps of each rule and number of ranks
 * @param optimizers values of {@code optimizer.name}
 * @param ranks numbers of ranks
 */
record StepBenchmark(int layers, int rounds, List<String> optimizers, List<Integer> ranks) {

  /** Operators are optimized in their first two calls. */
  private static final int WARM_UP = 2;

  private static final String MASTER = "spark.master";

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if there are fewer than no layers
   * @throws normuon.job.config.InvalidConfigurationException if a rule does not exist or a number
   *     of ranks is not possible
   */
  StepBenchmark {
    if (layers < 0) {
      throw new IllegalArgumentException("Invalid layers " + layers + ": must be at least 0");
    }
    for (String optimizer : optimizers) {
      for (int count : ranks) {
        configuration(Path.of("bench"), Math.max(1, layers), rounds, optimizer, count);
      }
    }
  }

  /**
   * Medians of the steps of one rule on some ranks.
   *
   * @param optimizer the rule of the matrices
   * @param ranks the number of ranks
   * @param milliseconds of the optimizer's part, which is the sum of the phases that follow
   * @param reduceMs time to reduce and scatter the gradients
   * @param collectMs time to bring momentum to the owners
   * @param orthogonalizeMs time to orthogonalize and normalize
   * @param broadcastMs time to send updates to every rank, where it is not hidden
   * @param applyMs time to apply them
   * @param stateFloats numbers that the rules keep from step to step, over all ranks
   */
  record Result(
      String optimizer,
      int ranks,
      double milliseconds,
      double reduceMs,
      double collectMs,
      double orthogonalizeMs,
      double broadcastMs,
      double applyMs,
      long stateFloats) {

    private static Result of(RunConfiguration configuration, StepTrial.Result trial) {
      List<StepRecord> timed = trial.steps().subList(WARM_UP, trial.steps().size());
      return new Result(
          configuration.optimizer().name().name().toLowerCase(Locale.ROOT),
          configuration.train().ranks(),
          median(timed, Result::optimizerMilliseconds),
          median(timed, StepRecord::reduceMs),
          median(timed, StepRecord::collectMs),
          median(timed, StepRecord::orthogonalizeMs),
          median(timed, StepRecord::broadcastMs),
          median(timed, StepRecord::applyMs),
          trial.stateFloats());
    }

    private static double optimizerMilliseconds(StepRecord step) {
      return step.reduceMs()
          + step.collectMs()
          + step.orthogonalizeMs()
          + step.broadcastMs()
          + step.applyMs();
    }

    private static double median(List<StepRecord> steps, ToDoubleFunction<StepRecord> number) {
      double[] sorted = steps.stream().mapToDouble(number).sorted().toArray();
      return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private String line() {
      return String.format(
          Locale.ROOT,
          "%-9s  %5d  %9.1f  %8.1f  %8.1f  %13.1f  %9.1f  %7.1f  %12d",
          optimizer,
          ranks,
          milliseconds,
          reduceMs,
          collectMs,
          orthogonalizeMs,
          broadcastMs,
          applyMs,
          stateFloats);
    }
  }

  /**
   * Measures.
   *
   * @param spark the user's settings; by default a Spark in this process with a slot for each rank
   * @param output where the table is printed, line by line as it is measured
   */
  List<Result> run(SparkConf spark, PrintStream output) {
    Path folder = newFolder();
    try {
      List<RunConfiguration> configurations = configurations(folder);
      RunConfiguration largest =
          Collections.max(configurations, comparingInt(StepBenchmark::ranks));
      SparkConf prepared = SparkSettings.prepare(spark, largest);
      prepared.setIfMissing(MASTER, "local[" + ranks(largest) + "]");
      SparkSession session = SparkSession.builder().config(prepared).getOrCreate();
      try {
        Slots.require(session.sparkContext(), largest);
        return measure(session, configurations, output);
      } finally {
        session.stop();
      }
    } finally {
      FileUtil.fullyDelete(folder.toFile());
    }
  }

  private static int ranks(RunConfiguration configuration) {
    return configuration.train().ranks();
  }

  private List<Result> measure(
      SparkSession session, List<RunConfiguration> configurations, PrintStream output) {
    output.printf(
        "%nThe optimizer's part of a step, GPT-2 shapes with %d layers, float32, one thread a rank,"
            + " medians of %d.%n",
        layers, rounds);
    output.println(
        "optimizer  ranks         ms    reduce   collect  orthogonalize  broadcast    apply"
            + "  state floats");
    List<Result> results = new ArrayList<>();
    for (RunConfiguration configuration : configurations) {
      Result result = Result.of(configuration, new StepTrial(session, configuration).run());
      output.println(result.line());
      results.add(result);
    }
    return results;
  }

  private List<RunConfiguration> configurations(Path folder) {
    List<RunConfiguration> configurations = new ArrayList<>();
    for (String optimizer : optimizers) {
      for (int count : ranks) {
        configurations.add(configuration(folder, layers, rounds, optimizer, count));
      }
    }
    return configurations;
  }

  /** A short sequence on each rank, as forward and backward are not what is timed. */
  private static RunConfiguration configuration(
      Path folder, int layers, int rounds, String optimizer, int worldSize) {
    List<String> settings =
        List.of(
            "run.directory=" + folder,
            "data.tokenizer=gpt2",
            "model.layers=" + layers,
            "model.heads=12",
            "model.width=768",
            "model.context=8",
            "model.mlp=squared_relu",
            "export.hugging_face=optional",
            "model.mlp_width=3072",
            "model.tied_head=true",
            "train.ranks=" + worldSize,
            "train.sequences_per_step=" + worldSize,
            "train.steps=" + (WARM_UP + rounds),
            "train.verify_replicas_every_steps=0",
            "optimizer.name=" + optimizer,
            "optimizer.sophia.refresh_every=" + Integer.MAX_VALUE);
    return new ConfigurationLoader()
        .load(new ConfigurationSources(Optional.empty(), Map.of(), settings));
  }

  private static Path newFolder() {
    try {
      return Files.createTempDirectory("normuon-bench");
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot create a temporary folder", e);
    }
  }
}
