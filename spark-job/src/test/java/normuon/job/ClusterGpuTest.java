package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ranks on a standalone cluster whose workers offer one GPU each: addresses without a device. */
class ClusterGpuTest {

  private static final Pattern PLACE =
      Pattern.compile("rank (\\d) on 127.0.0.1 \\(executor (\\d), GPU (\\d)\\) computes on cpu");

  @TempDir private static Path folder;

  private static Path text;
  private static StandaloneCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    text = TrainedRun.text(folder);
    cluster = new StandaloneCluster(folder, "--gpus-per-worker", "1");
  }

  @AfterAll
  static void stop() throws Exception {
    cluster.stop();
  }

  @Test
  void everyRankHasAGpuOfItsOwn() throws Exception {
    Job job = run("train", 1, "placement.device=cpu", "train.steps=2");

    assertThat(job.errors()).isEmpty();
    assertThat(job.code()).isZero();
    List<MatchResult> places = PLACE.matcher(job.output()).results().toList();
    assertThat(places).extracting(place -> place.group(1)).containsExactlyInAnyOrder("0", "1");
    assertThat(places).extracting(place -> place.group(2)).doesNotHaveDuplicates();
    assertThat(places).extracting(place -> place.group(3)).containsExactlyInAnyOrder("0", "1");
  }

  @Test
  void pyTorchWithoutCudaIsRefusedForEveryRank() throws Exception {
    Job job = run("validate", 1);

    assertThat(job.code()).isEqualTo(2);
    assertThat(job.errors()).hasSize(2);
    for (int rank = 0; rank < 2; rank++) {
      assertThat(job.errors().get(rank))
          .matches(
              "INVALID_CONFIG: Invalid placement.device: Spark gave rank "
                  + rank
                  + " on 127.0.0.1 GPU [01], but PyTorch .* \\(cpu\\) has no CUDA there; set"
                  + " spark.executorEnv.PYTORCH_LIBRARY_PATH, PYTORCH_VERSION and PYTORCH_FLAVOR"
                  + " to a libtorch for CUDA, or placement.device to cpu");
    }
  }

  @Test
  void moreGpusThanThereAreAreRefused() throws Exception {
    Job job = run("validate", 2, "placement.device=cpu");

    assertThat(job.code()).isEqualTo(2);
    assertThat(job.errors())
        .singleElement()
        .asString()
        .startsWith("INVALID_CONFIG: Invalid train.ranks 2: Spark has 0 task slots at spark://")
        .endsWith(
            "; each slot takes spark.task.resource.gpu.amount 2 of an executor's"
                + " spark.executor.resource.gpu.amount 2, which must be at most what a worker offers"
                + " (spark.worker.resource.gpu.amount)");
  }

  private record Job(int code, String output, List<String> errors) {}

  /** Runs a command to its end, with so many GPUs for each executor and task. */
  private static Job run(String command, int gpus, String... settings)
      throws IOException, InterruptedException {
    List<String> options = new ArrayList<>(cluster.submitOptions());
    for (String setting :
        List.of(
            "spark.executor.resource.gpu.amount=" + gpus,
            "spark.task.resource.gpu.amount=" + gpus,
            "spark.scheduler.maxRegisteredResourcesWaitingTime=" + (gpus > 1 ? "5s" : "120s"))) {
      options.addAll(List.of("--conf", setting));
    }
    Path directory = Files.createTempDirectory(folder, command);
    List<String> all = new ArrayList<>(TrainedRun.tinySettings(text));
    all.addAll(List.of("train.ranks=2", "optimizer.schedule.warmup_steps=1"));
    all.add("run.directory=" + directory.resolve("run"));
    all.addAll(List.of(settings));
    List<String> arguments = new ArrayList<>(List.of(command));
    all.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    JobProcess job = JobProcess.start(directory, options, arguments);
    assertThat(job.process().waitFor(5, TimeUnit.MINUTES)).as("ends by itself").isTrue();
    return new Job(
        job.process().exitValue(), Files.readString(directory.resolve("output")), job.errors());
  }
}
