package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code submit/cluster} with processes that only say what Spark's master and workers say when they
 * are ready.
 */
class ClusterScriptTest {

  private static final String SPARK_CLASS =
      """
      #!/bin/sh
      echo "called with $*"
      case $1 in
        *.Master) echo 'at spark://127.0.0.1:7077'; echo 'at http://127.0.0.1:8080' ;;
        *.Worker) echo 'Successfully registered with master spark://127.0.0.1:7077' ;;
      esac
      while :; do sleep 0.1; done
      """;

  @TempDir private Path folder;

  @BeforeEach
  void makeSpark() throws IOException {
    Files.createDirectories(folder.resolve("home/jars"));
    Path script = Files.createDirectories(folder.resolve("home/bin")).resolve("spark-class");
    Files.writeString(script, SPARK_CLASS);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void stop() throws Exception {
    cluster("stop");
  }

  @Test
  void startTellsHowToSubmitAndStopLeavesNothing() throws Exception {
    Ending started = cluster("start", "--workers", "2", "--cores", "3", "--memory", "2g");

    assertThat(started.code()).isZero();
    assertThat(started.output())
        .contains("  submit/normuon --master spark://127.0.0.1:7077 train")
        .anyMatch(line -> line.startsWith("worker-2: process "))
        .noneMatch(line -> line.contains("FAKE"));
    assertThat(log("worker-1"))
        .contains(" --cores 3 --memory 2g ")
        .contains("spark://127.0.0.1:7077");
    List<ProcessHandle> processes = List.of(process("master"), process("worker-1"));
    assertThat(processes).allMatch(ProcessHandle::isAlive);
    assertThat(cluster("status").code()).isZero();

    assertThat(cluster("stop").code()).isZero();

    await().until(() -> processes.stream().noneMatch(ProcessHandle::isAlive));
    Ending status = cluster("status");
    assertThat(status.code()).isEqualTo(3);
    assertThat(status.output()).containsExactly("No cluster runs.");
  }

  @Test
  void startBringsBackWhatHasEnded() throws Exception {
    cluster("start");
    ProcessHandle master = process("master");
    ProcessHandle worker = process("worker-1");
    worker.destroyForcibly();
    worker.onExit().get(5, TimeUnit.SECONDS);
    assertThat(cluster("status").output()).anyMatch(line -> line.startsWith("worker-1: ended"));

    assertThat(cluster("start").code()).isZero();

    assertThat(process("master")).isEqualTo(master);
    assertThat(process("worker-1")).isNotEqualTo(worker).matches(ProcessHandle::isAlive);
  }

  @Test
  void fakeGraphicsProcessorsAreCalledSoAndHaveAnAddressEach() throws Exception {
    Ending started = cluster("start", "--workers", "2", "--gpus-per-worker", "2");

    assertThat(started.output())
        .anyMatch(line -> line.startsWith("WARNING: ") && line.contains("FAKE"));
    Process script =
        new ProcessBuilder(folder.resolve("cluster/worker-2.gpus.sh").toString()).start();
    assertThat(new String(script.getInputStream().readAllBytes()).strip())
        .isEqualTo("{\"name\": \"gpu\", \"addresses\": [\"2\",\"3\"]}");
  }

  @Test
  void optionsAreChecked() throws Exception {
    assertThat(cluster("start", "--workers", "many").output())
        .containsExactly("Invalid --workers many: must be a whole number");
    assertThat(cluster("start", "--workers").output())
        .containsExactly("Invalid option --workers: its value is missing");
    assertThat(cluster("start", "--frobs", "1").code()).isEqualTo(2);
    assertThat(cluster().code()).isEqualTo(2);
    assertThat(cluster("--help").output().get(0)).startsWith("Usage: submit/cluster");
  }

  private ProcessHandle process(String name) throws IOException {
    String pid = Files.readString(folder.resolve("cluster/" + name + ".pid")).strip();
    return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
  }

  private String log(String name) throws IOException {
    return Files.readString(folder.resolve("cluster/" + name + ".log"));
  }

  private Ending cluster(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of("..", "submit", "cluster").toAbsolutePath().toString());
    command.addAll(List.of(arguments));
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(output.toFile()).redirectErrorStream(true);
    builder.environment().put("SPARK_HOME", folder.resolve("home").toString());
    builder.environment().put("NORMUON_CLUSTER_DIR", folder.resolve("cluster").toString());
    Process process = builder.start();
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("ends by itself").isTrue();
    return new Ending(process.exitValue(), Files.readAllLines(output));
  }

  private record Ending(int code, List<String> output) {}
}
