package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A master and workers of {@code submit/cluster}, with the Spark of the test's class path. */
final class StandaloneCluster {

  private static final Path HOME = Path.of("target", "standalone-spark").toAbsolutePath();

  private final Path folder;
  private final Path state;
  private final List<String> startOptions;

  /**
   * Starts a cluster of two workers with one core each.
   *
   * @param folder where it keeps its files
   * @param options more options of {@code submit/cluster start}
   */
  StandaloneCluster(Path folder, String... options) throws IOException, InterruptedException {
    this.folder = folder;
    this.startOptions = List.of(options);
    this.state = folder.resolve("cluster");
    linkSpark();
    try {
      start();
    } catch (Throwable failure) {
      stop();
      throw failure;
    }
  }

  private static void linkSpark() throws IOException {
    Path jars = Files.createDirectories(HOME.resolve("jars"));
    for (Path jar : classPath(path -> path.toString().endsWith(".jar")).toList()) {
      Path link = jars.resolve(jar.getFileName());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, jar);
    }
  }

  private static Stream<Path> classPath(Predicate<Path> chosen) {
    return Stream.of(System.getProperty("java.class.path").split(":"))
        .map(entry -> Path.of(entry).toAbsolutePath())
        .filter(chosen);
  }

  /** Starts what does not run, as a user would to bring a worker back. */
  void start() throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(List.of("start", "--workers", "2", "--port", "0", "--memory", "1g"));
    arguments.addAll(startOptions);
    command(arguments.toArray(String[]::new));
  }

  /** Options for a job of one rank for each worker. */
  List<String> submitOptions() throws IOException {
    String classes =
        classPath(Files::isDirectory).map(Path::toString).collect(Collectors.joining(":"));
    return List.of(
        "--master",
        Files.readString(state.resolve("master.url")).strip(),
        "--executor-memory",
        "512m",
        "--conf",
        "spark.executor.extraClassPath=" + classes,
        "--conf",
        "spark.executor.extraJavaOptions=" + String.join(" ", JobProcess.SHORT_LIFE),
        "--conf",
        "spark.ui.enabled=false");
  }

  /** The process of a worker, from 1 on. */
  ProcessHandle worker(int index) throws IOException {
    String pid = Files.readString(state.resolve("worker-" + index + ".pid")).strip();
    return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
  }

  /** The executors that a worker has started and that live. */
  List<ProcessHandle> executors(int worker) throws IOException {
    return worker(worker).children().filter(ProcessHandle::isAlive).toList();
  }

  /** The only executor of a worker. */
  ProcessHandle executor(int worker) throws IOException {
    List<ProcessHandle> executors = executors(worker);
    assertThat(executors).hasSize(1);
    return executors.get(0);
  }

  /**
   * Waits until no executor's process lives, not even one that its worker has forgotten, and the
   * master counts no core as used.
   *
   * @return how long that took
   */
  Duration awaitIdle(Duration longest) {
    long start = System.nanoTime();
    Awaitility.await()
        .atMost(longest)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () -> {
              assertThat(executorProcesses()).as("processes of executors").isEmpty();
              assertThat(master().path("coresused").asInt()).as("cores used").isZero();
              assertThat(master().path("activeapps")).as("applications").isEmpty();
            });
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** Every process that works in a folder of an executor. */
  private List<ProcessHandle> executorProcesses() throws IOException {
    Path folders = state.toRealPath();
    return ProcessHandle.allProcesses()
        .filter(process -> workingDirectory(process).startsWith(folders))
        .toList();
  }

  private static Path workingDirectory(ProcessHandle process) {
    try {
      return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd"));
    } catch (IOException ended) {
      return Path.of("/");
    }
  }

  /** What the master's web page knows. */
  private JsonNode master() throws IOException, InterruptedException {
    URI page = URI.create(Files.readString(state.resolve("master.ui")).strip() + "/json/");
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    return TrainedRun.JSON.readTree(response.body());
  }

  /** Waits until a worker has an executor that has reached the driver. */
  void awaitExecutor(int worker) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(5))
        .until(
            () ->
                executors(worker).size() == 1 && newestLog(worker).contains("created connection"));
  }

  private String newestLog(int worker) throws IOException {
    try (Stream<Path> files = Files.walk(state.resolve("worker-" + worker))) {
      Optional<Path> newest =
          files
              .filter(file -> file.endsWith("stderr"))
              .max(Comparator.comparing(file -> file.toFile().lastModified()));
      return newest.isEmpty() ? "" : Files.readString(newest.get());
    }
  }

  /** Sends a signal, such as {@code STOP}. */
  static void signal(ProcessHandle process, String signal)
      throws IOException, InterruptedException {
    run(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())));
  }

  private void command(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of("..", "submit", "cluster").toAbsolutePath().toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(folder.resolve("cluster.output").toFile())
            .redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("SPARK_HOME", HOME.toString());
    builder.environment().put("NORMUON_CLUSTER_DIR", state.toString());
    builder.environment().put("NORMUON_CLUSTER_DEADLINE", "300");
    builder.environment().put("SPARK_DAEMON_MEMORY", "128m");
    builder.environment().put("SPARK_DAEMON_JAVA_OPTS", String.join(" ", JobProcess.SHORT_LIFE));
    assertThat(run(builder)).as(() -> read(folder.resolve("cluster.output"))).isZero();
  }

  private static int run(ProcessBuilder builder) throws IOException, InterruptedException {
    Process process = builder.start();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ends by itself").isTrue();
    return process.exitValue();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Ends all of it. */
  void stop() throws IOException, InterruptedException {
    command("stop");
  }
}
