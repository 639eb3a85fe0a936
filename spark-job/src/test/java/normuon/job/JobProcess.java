package normuon.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The job in a process of its own, submitted to {@code spark-submit}'s main class. */
final class JobProcess {

  /** For a process that lives for seconds: compiling well does not pay. */
  static final List<String> SHORT_LIFE =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto");

  private final Process process;
  private final Path errors;

  private JobProcess(Process process, Path errors) {
    this.process = process;
    this.errors = errors;
  }

  /**
   * Submits a command.
   *
   * @param folder where it runs and what it prints goes
   * @param sparkOptions options of spark-submit
   * @param arguments the command and its arguments
   */
  static JobProcess start(Path folder, List<String> sparkOptions, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(System.getProperty("normuon.test.java.options").split(" ")));
    command.addAll(SHORT_LIFE);
    command.add("-Dlog4j2.configurationFile=" + System.getProperty("log4j2.configurationFile"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("org.apache.spark.deploy.SparkSubmit");
    command.addAll(List.of("--class", "normuon.job.Main"));
    command.addAll(sparkOptions);
    command.add("spark-internal");
    command.addAll(arguments);
    Path errors = folder.resolve("errors");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(errors.toFile())
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    return new JobProcess(process, errors);
  }

  Process process() {
    return process;
  }

  List<String> errors() throws IOException {
    return Files.readAllLines(errors);
  }
}
