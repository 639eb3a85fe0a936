package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way from the command line to the exit code, in a process of its own. */
class ExitContractTest {

  @TempDir private Path folder;

  @Test
  void wrongKeyEndsInOneLineAStatusAndAnExitCode() throws Exception {
    Path directory = folder.resolve("a run");
    Ending ending =
        submit("train", "--set", "run.directory=" + directory, "--set", "train.stpes=5");

    String message =
        "Invalid key train.stpes with the value \"5\" (--set): no such key; the nearest is train.steps";
    assertThat(ending.errors()).containsExactly("INVALID_CONFIG: " + message);
    assertThat(ending.code()).isEqualTo(2);
    assertThat(directory.resolve("status.json"))
        .hasContent(
            "{\"status\":\"INVALID_CONFIG\",\"step\":0,\"message\":\"%s\",\"resume\":\"\"}"
                .formatted(message.replace("\"", "\\\"")));
  }

  @Test
  void sparkPropertiesReachTheConfiguration() throws Exception {
    Ending ending = submit("--conf", "spark.normuon.train.steps=0", "spark-internal", "train");

    assertThat(ending.errors())
        .containsExactly(
            "INVALID_CONFIG: Invalid train.steps 0 (spark.normuon.train.steps): must be a whole"
                + " number at least 1");
  }

  /** Submits like the launcher; arguments are for the job unless they name the resource. */
  private Ending submit(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(System.getProperty("normuon.test.java.options").split(" ")));
    command.add("-Dlog4j2.configurationFile=" + System.getProperty("log4j2.configurationFile"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("org.apache.spark.deploy.SparkSubmit");
    command.addAll(List.of("--master", "local[1]", "--class", "normuon.job.Main"));
    if (!List.of(arguments).contains("spark-internal")) {
      command.add("spark-internal");
    }
    command.addAll(List.of(arguments));
    Path errors = folder.resolve("errors");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(errors.toFile())
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ends by itself").isTrue();
    return new Ending(process.exitValue(), Files.readAllLines(errors));
  }

  private record Ending(int code, List<String> errors) {}
}
