package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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
        submit(List.of(), "train", "--set", "run.directory=" + directory, "--set", "train.stpes=5");

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
    Ending ending = submit(List.of("--conf", "spark.normuon.train.steps=0"), "train");

    assertThat(ending.errors())
        .containsExactly(
            "INVALID_CONFIG: Invalid train.steps 0 (spark.normuon.train.steps): must be a whole"
                + " number at least 1");
  }

  private Ending submit(List<String> sparkOptions, String... arguments)
      throws IOException, InterruptedException {
    List<String> options = new ArrayList<>(List.of("--master", "local[1]"));
    options.addAll(sparkOptions);
    JobProcess job = JobProcess.start(folder, options, List.of(arguments));
    assertThat(job.process().waitFor(60, TimeUnit.SECONDS)).as("ends by itself").isTrue();
    return new Ending(job.process().exitValue(), job.errors());
  }

  private record Ending(int code, List<String> errors) {}
}
