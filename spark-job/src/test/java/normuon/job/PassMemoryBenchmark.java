package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.RunConfiguration;
import normuon.job.plan.ClusterRates;
import normuon.job.plan.RankMemory;
import normuon.job.plan.RunPlan;
import normuon.job.report.StepRecord;
import normuon.job.train.StepTrial;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Time and memory of a whole step of the 124M parameters of GPT-2 on one rank, against the plan, in
 * every precision with and without activation checkpointing: 4 sequences of 1,024 tokens, and one
 * of 2,048. Needs 8 GB of free memory and some minutes.
 *
 * <p>Not part of the tests; {@code mvn test -pl spark-job -am -Dtest=PassMemoryBenchmark
 * -Dsurefire.failIfNoSpecifiedTests=false} runs it and prints a line for each.
 */
class PassMemoryBenchmark {

  private static final int GPT2_VOCABULARY = 50_257;
  private static final double MEGABYTE = 1e6;

  @TempDir private Path folder;

  /**
   * Memory that is freed leaves the process only if the C library maps each large array by itself.
   */
  @BeforeAll
  static void mapLargeArrays() {
    int mappingThreshold = -3; // M_MMAP_THRESHOLD of malloc.h
    Object[] arguments = {mappingThreshold, 1 << 20};
    assertThat(NativeLibrary.getInstance("c").getFunction("mallopt").invokeInt(arguments))
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "bf16, blocks, 4, 1024",
    "bf16, none, 4, 1024",
    "f32, blocks, 4, 1024",
    "f32, none, 4, 1024",
    "bf16, blocks, 1, 2048"
  })
  void measure(String precision, String checkpointing, int sequences, int context)
      throws IOException {
    RunConfiguration configuration =
        configuration(12, 768, precision, checkpointing, sequences, context);
    RankMemory plan =
        RunPlan.of(configuration, GPT2_VOCABULARY, 0, ClusterRates.of(1, 1, 0)).memory();
    long state = plan.state();
    long predicted = plan.nativePeak() - plan.snapshot() - plan.runtime();

    SparkConf conf = new SparkConf(false).setMaster("local[1]").set("spark.ui.enabled", "false");
    SparkSession spark =
        SparkSession.builder().config(SparkSettings.prepare(conf, configuration)).getOrCreate();
    StepRecord step;
    long before;
    try {
      // PyTorch, Java's classes and the tokens are there before: they are not what is measured.
      step(spark, configuration(1, 96, precision, checkpointing, sequences, 16));
      before = resident("VmRSS");
      Files.writeString(Path.of("/proc/self/clear_refs"), "5"); // the peak starts anew
      step = step(spark, configuration);
    } finally {
      spark.stop();
    }
    long measured = resident("VmHWM") - before;
    System.out.println(
        String.format(
            Locale.ROOT,
            "%-4s %-6s %d x %,d tokens: loss %.4f, passes %.1f s, step %.1f s; state %,.0f MB,"
                + " peak %,.0f MB, by the plan %,.0f MB, ratio %.3f",
            precision,
            checkpointing,
            sequences,
            context,
            step.loss(),
            step.backwardMs() / 1e3,
            step.stepMs() / 1e3,
            state / MEGABYTE,
            measured / MEGABYTE,
            predicted / MEGABYTE,
            (double) measured / predicted));
    assertThat(step.loss()).isBetween(9.0, 13.0);
  }

  private static StepRecord step(SparkSession spark, RunConfiguration configuration) {
    return new StepTrial(spark, configuration).run().steps().get(0);
  }

  private RunConfiguration configuration(
      int layers, int width, String precision, String checkpointing, int sequences, int context) {
    List<String> settings =
        List.of(
            "run.directory=" + folder,
            "data.tokenizer=gpt2",
            "model.layers=" + layers,
            "model.heads=12",
            "model.width=" + width,
            "model.context=" + context,
            "model.mlp=squared_relu",
            "model.mlp_width=" + 4 * width,
            "model.tied_head=true",
            "export.hugging_face=optional",
            "train.ranks=1",
            "train.steps=1",
            "train.sequences_per_step=" + sequences,
            "train.threads_per_rank=2",
            "train.precision=" + precision,
            "train.activation_checkpointing=" + checkpointing,
            "train.verify_replicas_every_steps=0");
    return new ConfigurationLoader(new Configuration())
        .load(new ConfigurationSources(Optional.empty(), Map.of(), settings));
  }

  private static long resident(String field) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith(field))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow()
        * 1024;
  }
}
