package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.report.RunDirectory;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;
import normuon.job.report.StatusFile;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunExecutionTest {

  private static final Consumer<RunExecution.Run> UNREACHED =
      run -> {
        throw new AssertionError("the work must not begin");
      };

  @TempDir private Path folder;

  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  @Test
  void workHasTheConfigurationAndItsDirectory() {
    List<RunExecution.Run> seen = new ArrayList<>();

    assertThat(execute(seen::add, "train.steps=77", "optimizer.schedule.warmup_steps=1")).isZero();

    assertThat(seen.get(0).configuration().train().steps()).isEqualTo(77);
    assertThat(seen.get(0).directory().path().toUri().getPath()).isEqualTo(folder + "/run");
    assertThat(folder.resolve("run")).isDirectory();
    assertThat(errors()).isEmpty();
  }

  @Test
  void invalidSettingIsOneLineAndAStatus() {
    int code = execute(UNREACHED, "train.steps=many");

    String message = "Invalid train.steps \"many\" (--set): must be a whole number at least 1";
    assertThat(code).isEqualTo(2);
    assertThat(errors()).isEqualTo("INVALID_CONFIG: " + message + "\n");
    assertThat(status()).contains(new StatusFile(Status.INVALID_CONFIG, 0, message, ""));
  }

  @Test
  void directoryOfAnotherRunIsLeftAlone() throws IOException {
    hold("train: {seed: 5}", Status.SUCCEEDED);
    List<byte[]> before = contents();

    assertThat(execute(UNREACHED, "train.seed=6")).isEqualTo(2);
    assertThat(errors())
        .contains("it holds a run of another configuration (train.seed is 5 there and 6 here)");
    assertThat(execute(UNREACHED, "train.seed=five")).as("no valid configuration").isEqualTo(2);
    assertThat(execute(UNREACHED, "trian.seed=5")).as("no valid configuration").isEqualTo(2);

    assertThat(contents()).usingRecursiveComparison().isEqualTo(before);
  }

  @Test
  void runOfTheSameConfigurationIsTaken() {
    hold("train: {seed: 5}", Status.RETRYABLE);

    int code =
        execute(
            run -> {
              throw new InvalidConfigurationException("Text file lost.txt does not exist");
            },
            "train.seed=5",
            "train.ranks=1");

    assertThat(code).isEqualTo(2);
    assertThat(errors()).isEqualTo("INVALID_CONFIG: Text file lost.txt does not exist\n");
    assertThat(status()).map(StatusFile::status).contains(Status.INVALID_CONFIG);
  }

  @Test
  void knownEndHasItsStatusAndExitCode() {
    int code =
        execute(
            run -> {
              run.directory().replace("metrics.jsonl", "{\"step\":41}\n{\"step\":42}\n");
              throw new RunStoppedException(Status.DIVERGED, "The loss of step 43 is NaN");
            });

    assertThat(code).isEqualTo(3);
    assertThat(errors()).isEqualTo("DIVERGED: The loss of step 43 is NaN\n");
    assertThat(status())
        .contains(new StatusFile(Status.DIVERGED, 42, "The loss of step 43 is NaN", ""));
  }

  @Test
  void unexpectedFailureIsThrownAsItIs() {
    ArithmeticException failure = new ArithmeticException("fault\nin two lines");

    assertThatThrownBy(
            () ->
                execute(
                    run -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(errors()).isEmpty();
    assertThat(status()).contains(new StatusFile(Status.RETRYABLE, 0, "fault", ""));
  }

  @Test
  void directoryThatCannotBeMadeIsRefused() throws IOException {
    Files.writeString(folder.resolve("run"), "a file");

    assertThat(execute(UNREACHED)).isEqualTo(2);
    assertThat(errors()).startsWith("INVALID_CONFIG: Cannot make run.directory").hasLineCount(1);
  }

  @Test
  void storeThatIsBrieflyAwayIsAskedAgain() {
    int code = execute(UNREACHED, "initialization.checkpoint=away:///model");

    assertThat(code).isEqualTo(75);
    assertThat(errors())
        .startsWith("RETRYABLE: Cannot read away:/model/config.json: not now")
        .hasLineCount(1);
  }

  /** A store that does not answer. */
  public static final class AwayStore extends RawLocalFileSystem {

    @Override
    public URI getUri() {
      return URI.create("away:///");
    }

    @Override
    public FSDataInputStream open(org.apache.hadoop.fs.Path file, int bytes) throws IOException {
      throw new IOException("not now");
    }
  }

  private int execute(Consumer<RunExecution.Run> work, String... assignments) {
    List<String> all = new ArrayList<>(List.of(assignments));
    all.add("run.directory=" + folder + "/run");
    return new RunExecution(
            new SparkConf(false).set("spark.hadoop.fs.away.impl", AwayStore.class.getName()),
            new PrintStream(errors, true, StandardCharsets.UTF_8),
            RunExecution.Trace.STATUS)
        .execute(new ConfigurationSources(Optional.empty(), Map.of(), all), work);
  }

  private void hold(String yaml, Status status) {
    directory().replace("config.yaml", RunConfiguration.fromYaml(yaml, "test").toYaml());
    new StatusFile(status, 9, "an earlier run", "").write(directory());
  }

  private List<byte[]> contents() throws IOException {
    List<byte[]> contents = new ArrayList<>();
    try (var files = Files.list(folder.resolve("run"))) {
      for (Path file : files.sorted().toList()) {
        contents.add(Files.readAllBytes(file));
      }
    }
    return contents;
  }

  private Optional<StatusFile> status() {
    return StatusFile.read(directory());
  }

  private RunDirectory directory() {
    return new RunDirectory(
        new org.apache.hadoop.fs.Path(folder.resolve("run").toUri()), new Configuration());
  }

  private String errors() {
    return errors.toString(StandardCharsets.UTF_8);
  }
}
