package normuon.job;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A line of tiny models that {@code retrain} keeps up to date.
 *
 * @param directory its directory
 * @param table what it is trained on
 * @param settings the settings of every retraining
 */
record RetrainedLine(Path directory, GrowingTable table, List<String> settings) {

  /**
   * What a command did.
   *
   * @param code the exit code
   * @param output what it printed
   * @param errors what it printed as errors
   */
  record Result(int code, String output, String errors) {}

  static RetrainedLine of(Path directory, GrowingTable table, String... more) {
    List<String> settings = new ArrayList<>(TrainedRun.tinySettings(Path.of("sample")));
    settings.addAll(
        List.of(
            "data.tokenizer=byte",
            "data.validation_fraction=0.2",
            "train.ranks=2",
            "train.steps=40",
            "retrain.directory=" + directory,
            table.source()));
    settings.addAll(List.of(more));
    return new RetrainedLine(directory, table, settings);
  }

  List<String> arguments(String... options) {
    List<String> arguments = new ArrayList<>(List.of("retrain"));
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    arguments.addAll(List.of(options));
    return arguments;
  }

  Result retrain(String... options) {
    // As a scheduler would give them by --conf.
    table.properties().forEach(System::setProperty);
    try {
      return run(arguments(options));
    } finally {
      table.properties().keySet().forEach(System::clearProperty);
    }
  }

  /** The same in a process of its own. */
  JobProcess start(Path folder) throws IOException {
    List<String> options = new ArrayList<>(List.of("--master", "local[2]"));
    table
        .properties()
        .forEach((key, value) -> options.addAll(List.of("--conf", key + "=" + value)));
    return JobProcess.start(folder, options, arguments());
  }

  static Result run(List<String> arguments) {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    System.setProperty("spark.master", "local[2]");
    System.setProperty("spark.ui.enabled", "false");
    int code =
        Main.run(
            new PrintStream(output, true, StandardCharsets.UTF_8),
            new PrintStream(errors, true, StandardCharsets.UTF_8),
            arguments.toArray(String[]::new));
    return new Result(
        code, output.toString(StandardCharsets.UTF_8), errors.toString(StandardCharsets.UTF_8));
  }

  Path generation(int number) {
    return directory.resolve(String.format("generation-%04d", number));
  }

  JsonNode promoted() {
    return json(directory.resolve("promoted.json"));
  }

  JsonNode plan(int generation) {
    return json(generation(generation).resolve("plan.json"));
  }

  JsonNode verdict(int generation) {
    return json(generation(generation).resolve("verdict.json"));
  }

  JsonNode status() {
    return json(directory.resolve("status.json"));
  }

  private static JsonNode json(Path file) {
    try {
      return TrainedRun.JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
