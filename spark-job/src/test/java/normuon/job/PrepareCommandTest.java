package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareCommandTest {

  private static final int LINES = 180_000;

  @TempDir private Path folder;

  @BeforeAll
  static void choose() {
    System.setProperty("spark.master", "local[2]");
    System.setProperty("spark.ui.enabled", "false");
  }

  @Test
  void aPreparationThatWasKilledGoesOnToTheSameBytes() throws Exception {
    Path lines = lines(LINES);
    Path tokens = folder.resolve("killed/tokens");
    JobProcess job = submit("killed", lines);
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> notes(tokens) >= 2 || !job.process().isAlive());
    job.process().destroyForcibly().waitFor();
    assertThat(notes(tokens)).as("some of 16 buckets are done").isBetween(2, 15);
    assertThat(tokens.resolve("manifest.json")).doesNotExist();

    assertSucceeds(submit("killed", lines));
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    String[] undisturbed = arguments("undisturbed", lines).toArray(String[]::new);
    assertThat(Main.run(print(new ByteArrayOutputStream()), print(errors), undisturbed))
        .as(errors::toString)
        .isZero();

    assertThat(tokens.resolve("_preparation")).doesNotExist();
    for (String file : List.of("train-00000.bin", "validation-00000.bin", "manifest.json")) {
      assertThat(tokens.resolve(file))
          .as(file)
          .hasSameBinaryContentAs(folder.resolve("undisturbed/tokens").resolve(file));
    }
  }

  @Test
  @Tag("soak")
  void aPreparationThatIsKilledAtAnyMomentsGoesOnToTheSameBytes() throws Exception {
    Path lines = lines(LINES);
    SplittableRandom random = new SplittableRandom();
    int kills = 0;
    while (kills < 5) {
      JobProcess job = submit("killed", lines);
      if (job.process().waitFor(random.nextLong(3_000, 15_000), TimeUnit.MILLISECONDS)) {
        break;
      }
      job.process().destroyForcibly().waitFor();
      kills++;
    }
    assertSucceeds(submit("killed", lines));
    assertSucceeds(submit("undisturbed", lines));

    assertThat(kills).isPositive();
    for (String file : List.of("train-00000.bin", "validation-00000.bin", "manifest.json")) {
      assertThat(folder.resolve("killed/tokens").resolve(file))
          .as("%s after %d kills", file, kills)
          .hasSameBinaryContentAs(folder.resolve("undisturbed/tokens").resolve(file));
    }
  }

  @Test
  void trainPreparesTablesByItself() throws IOException {
    String sources = "data.sources=[{format: lines, path: '%s'}]".formatted(lines(400));
    Path directory = folder.resolve("run");
    List<String> settings =
        List.of(
            sources,
            "data.tokenizer=byte",
            "model.layers=1",
            "model.width=16",
            "model.heads=2",
            "model.context=16",
            "train.steps=2",
            "optimizer.schedule.warmup_steps=0",
            "generate.tokens=0");

    TrainedRun run = TrainedRun.train(directory, settings);

    assertThat(run.errors()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(directory.resolve("tokens/manifest.json"))
        .content()
        .contains("\"format\" : \"lines\"", "\"documents\" : 400");
    assertThat(Files.readString(directory.resolve("checkpoints/step-00000002/manifest.json")))
        .contains("\"data.sources[0]\"");
    List<String> arguments =
        new ArrayList<>(List.of("prepare", "--set", "run.directory=" + directory));
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    int code =
        Main.run(
            print(output), print(new ByteArrayOutputStream()), arguments.toArray(String[]::new));
    assertThat(code).isZero();
    assertThat(output.toString(StandardCharsets.UTF_8))
        .startsWith("source      lines file:")
        .contains("documents   400 with ", "left out    none", "tokenizer   byte, 257 tokens");
  }

  @Test
  void aSourceThatIsNotThereEndsInOneLine() {
    ByteArrayOutputStream errors = new ByteArrayOutputStream();

    int code =
        Main.run(
            print(new ByteArrayOutputStream()),
            print(errors),
            "prepare",
            "--set",
            "run.directory=" + folder.resolve("run"),
            "--set",
            "data.sources=[{format: parquet, path: /no/such/table}]");

    assertThat(code).isEqualTo(2);
    assertThat(errors.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "INVALID_CONFIG: data.sources[0].path = /no/such/table does not exist: must be a file or"
                + " a folder\n");
  }

  private JobProcess submit(String run, Path lines) throws IOException {
    Path directory = Files.createDirectories(folder.resolve(run + "-process"));
    return JobProcess.start(
        directory,
        List.of("--master", "local[1]", "--conf", "spark.ui.enabled=false"),
        arguments(run, lines));
  }

  private List<String> arguments(String run, Path lines) {
    return List.of(
        "prepare",
        "--set",
        "run.directory=" + folder.resolve(run),
        "--set",
        "run.lease_seconds=2",
        "--set",
        "data.tokenizer=gpt2",
        "--set",
        "data.sources=[{format: lines, path: '%s'}]".formatted(lines));
  }

  private static void assertSucceeds(JobProcess job) throws Exception {
    assertThat(job.process().waitFor(3, TimeUnit.MINUTES)).as("ends by itself").isTrue();
    assertThat(job.process().exitValue()).as(() -> String.join("\n", errors(job))).isZero();
  }

  private static List<String> errors(JobProcess job) {
    try {
      return job.errors();
    } catch (IOException e) {
      return List.of(e.toString());
    }
  }

  /** The number of buckets that are noted as done. */
  private static int notes(Path tokens) throws IOException {
    Path buckets = tokens.resolve("_preparation/buckets");
    if (!Files.isDirectory(buckets)) {
      return 0;
    }
    try (var files = Files.list(buckets)) {
      return (int) files.filter(file -> !file.getFileName().toString().startsWith(".")).count();
    }
  }

  /** About a hundred bytes a line. */
  private Path lines(int count) throws IOException {
    SplittableRandom random = new SplittableRandom(count);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder line = new StringBuilder("line " + i);
      while (line.length() < 100) {
        line.append(' ').append(Long.toString(random.nextLong(1L << 40), 36));
      }
      lines.add(line.toString());
    }
    return Files.write(folder.resolve("lines.txt"), lines);
  }

  private static PrintStream print(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }
}
