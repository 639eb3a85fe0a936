package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.RunConfiguration;
import normuon.job.plan.ClusterRates;
import normuon.job.plan.LayoutMemory;
import normuon.job.plan.RankMemory;
import normuon.job.plan.RunPlan;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The most memory that the executors of a standalone cluster take, one rank in each, against the
 * plan: three steps of the 124M parameters of GPT-2 in every layout, with a checkpoint after each,
 * which a slow store takes for so long that it is still being written when the passes of the next
 * step come to their peak. Needs 12 GB of free memory and a quarter of an hour on two cores.
 *
 * <p>Not part of the tests; {@code mvn test -pl spark-job -am -Dtest=LayoutMemoryBenchmark
 * -Dsurefire.failIfNoSpecifiedTests=false} runs it and prints a line for each.
 */
class LayoutMemoryBenchmark {

  private static final int GPT2_VOCABULARY = 50_257;
  private static final long HEAP = 512L << 20;
  private static final double MEGABYTE = 1e6;

  /** Longer than a step's passes take. */
  private static final int SECONDS_OF_A_CHECKPOINT = 40;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "replicated, 1",
    "sharded, 1",
    "replicated, 2",
    "sharded, 2",
    "replicated, 4",
    "sharded, 4"
  })
  void measure(String layout, int ranks) throws Exception {
    List<String> settings = settings(layout, ranks);
    RunPlan plan = RunPlan.of(load(settings), GPT2_VOCABULARY, HEAP, ClusterRates.defaults(1));
    StandaloneCluster cluster =
        new StandaloneCluster(folder, "--workers", Integer.toString(ranks), "--memory", "8g");
    try {
      long bytesPerSecond = plan.memory().snapshot() / SECONDS_OF_A_CHECKPOINT;
      List<String> options = new ArrayList<>(cluster.submitOptions());
      options.addAll(FaultyFileSystem.slow(bytesPerSecond));
      long measured = peak(cluster, ranks, options, settings);
      System.out.println(line(layout, ranks, plan, measured));
      assertThat((double) measured / plan.memory().total()).isBetween(0.9, 1.1);
    } finally {
      cluster.stop();
    }
  }

  /** The largest peak of any executor of a run, in bytes. */
  private long peak(
      StandaloneCluster cluster, int ranks, List<String> submitOptions, List<String> settings)
      throws Exception {
    List<String> options = new ArrayList<>(submitOptions);
    // The heap is there as a whole from the beginning, and counts as a whole.
    options.addAll(
        List.of(
            "--conf",
            "spark.executor.defaultJavaOptions=-XX:+AlwaysPreTouch -Xms" + HEAP,
            "--conf",
            "spark.cores.max=" + ranks));
    List<String> arguments = new ArrayList<>(List.of("train"));
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    JobProcess job = JobProcess.start(folder, options, arguments);
    Map<Long, Long> peaks = new HashMap<>();
    while (!job.process().waitFor(100, TimeUnit.MILLISECONDS)) {
      for (int worker = 1; worker <= ranks; worker++) {
        cluster
            .executors(worker)
            .forEach(executor -> peaks.merge(executor.pid(), peak(executor), Math::max));
      }
    }
    assertThat(job.process().exitValue()).as(String.join("\n", job.errors())).isZero();
    return peaks.values().stream().mapToLong(Long::longValue).max().orElseThrow();
  }

  /** The peak so far of a process; 0 once it has ended. */
  private static long peak(ProcessHandle process) {
    try (Stream<String> lines =
        Files.lines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
      return lines
              .filter(line -> line.startsWith("VmHWM"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .findFirst()
              .orElse(0)
          * 1024;
    } catch (IOException ended) {
      return 0;
    }
  }

  private static String line(String layout, int ranks, RunPlan plan, long measured) {
    LayoutMemory parts =
        plan.layouts().stream()
            .filter(each -> each.layout().equals(layout))
            .findFirst()
            .orElseThrow();
    RankMemory memory = plan.memory();
    return String.format(
        Locale.ROOT,
        "%-10s %d ranks: weights %,.0f, gradients %,.0f, optimizer %,.0f, gathered %,.0f,"
            + " activations %,.0f, checkpoint %,.0f, transport %,.0f MB; by the plan %,.0f MB,"
            + " peak %,.0f MB, ratio %.3f",
        layout,
        ranks,
        parts.weights() / MEGABYTE,
        parts.gradients() / MEGABYTE,
        parts.optimizerState() / MEGABYTE,
        parts.gathered() / MEGABYTE,
        parts.activations() / MEGABYTE,
        memory.snapshot() / MEGABYTE,
        memory.transportBuffers() / MEGABYTE,
        memory.total() / MEGABYTE,
        measured / MEGABYTE,
        (double) measured / memory.total());
  }

  /** Long enough for sequences of GPT-2's tokens on both sides of the split. */
  private Path text() throws IOException {
    String once = Files.readString(TrainedRun.text(folder));
    return Files.writeString(folder.resolve("long.txt"), once.repeat(20));
  }

  private List<String> settings(String layout, int ranks) throws IOException {
    return List.of(
        "run.directory=" + FaultyFileSystem.path(folder.resolve("run")),
        "data.path=" + text(),
        "data.tokenizer=gpt2",
        "model.layers=12",
        "model.heads=12",
        "model.width=768",
        "model.context=256",
        "model.mlp=squared_relu",
        "model.mlp_width=3072",
        "model.tied_head=true",
        "export.hugging_face=optional",
        "train.ranks=" + ranks,
        "train.steps=3",
        "train.sequences_per_step=4",
        "train.micro_batch_sequences=1",
        "train.activation_checkpointing=blocks",
        "checkpoint.every_steps=1",
        "checkpoint.keep_last=1",
        "evaluate.every_steps=0",
        "generate.tokens=0",
        "communication.deadline_seconds=600",
        "weights.layout=" + layout);
  }

  private static RunConfiguration load(List<String> settings) {
    return new ConfigurationLoader(new Configuration())
        .load(new ConfigurationSources(Optional.empty(), Map.of(), settings));
  }
}
