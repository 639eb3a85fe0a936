package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * A run of {@code train} within the test's own process, on {@code local[3]}, and what it left.
 *
 * @param directory the run directory
 * @param code the exit code
 * @param output what it printed
 * @param errors what it printed as errors, line by line
 */
record TrainedRun(Path directory, int code, String output, List<String> errors) {

  static final ObjectMapper JSON = new ObjectMapper();

  /** A model whose shapes divide by no number of ranks, on a text of 27 characters. */
  private static final List<String> TINY =
      List.of(
          "data.tokenizer=char",
          "model.layers=2",
          "model.width=20",
          "model.heads=10",
          "model.key_value_heads=5",
          "model.query_key_norm=true",
          "model.mlp_width=43",
          "model.context=16",
          "train.sequences_per_step=12",
          "optimizer.schedule.warmup_steps=5",
          "checkpoint.every_steps=0",
          "evaluate.every_steps=0",
          "communication.deadline_seconds=30",
          "communication.bucket_bytes=4096",
          "generate.tokens=0");

  /** Trains the tiny model; later settings win over earlier ones. */
  static TrainedRun tiny(Path directory, Path text, String... settings) {
    List<String> all = new ArrayList<>(TINY);
    all.add("data.path=" + text);
    all.addAll(List.of(settings));
    return train(directory, all);
  }

  /** Trains with the given settings over the defaults. */
  static TrainedRun train(Path directory, List<String> settings) {
    return train(directory, settings, new ByteArrayOutputStream());
  }

  /** Trains with further options, and shows what is printed while it trains. */
  static TrainedRun train(
      Path directory, List<String> settings, ByteArrayOutputStream output, String... options) {
    List<String> arguments = new ArrayList<>(List.of("train"));
    arguments.addAll(List.of(options));
    arguments.addAll(List.of("--set", "run.directory=" + directory));
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    System.setProperty("spark.master", "local[3]");
    System.setProperty("spark.ui.enabled", "false");
    int code =
        Main.run(
            new PrintStream(output, true, StandardCharsets.UTF_8),
            new PrintStream(errors, true, StandardCharsets.UTF_8),
            arguments.toArray(String[]::new));
    return new TrainedRun(
        directory,
        code,
        output.toString(StandardCharsets.UTF_8),
        errors.toString(StandardCharsets.UTF_8).lines().toList());
  }

  /** The settings of the tiny model, for a run in another process. */
  static List<String> tinySettings(Path text) {
    List<String> all = new ArrayList<>(TINY);
    all.add("data.path=" + text);
    return all;
  }

  /** Writes a text of lower-case words drawn from a seed, on which a model can learn. */
  static Path text(Path folder) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    String[] words = {"the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "vw"};
    StringBuilder text = new StringBuilder();
    while (text.length() < 6000) {
      text.append(words[random.nextInt(words.length)]).append(' ');
    }
    return Files.writeString(folder.resolve("text.txt"), text);
  }

  TrainedRun requireSucceeded() {
    assertThat(errors).isEmpty();
    assertThat(code).isZero();
    assertThat(status().get("status").asText()).isEqualTo("SUCCEEDED");
    return this;
  }

  JsonNode status() {
    return json(directory.resolve("status.json"));
  }

  /** The SHA-256 of every shard of a checkpoint. */
  List<String> shardHashes(int step) {
    List<String> hashes = new ArrayList<>();
    manifest(step).get("shards").forEach(shard -> hashes.add(shard.get("sha256").asText()));
    return hashes;
  }

  JsonNode manifest(int step) {
    return json(checkpoint(step).resolve("manifest.json"));
  }

  Path checkpoint(int step) {
    return directory.resolve("checkpoints").resolve(String.format("step-%08d", step));
  }

  /** The lines of {@code metrics.jsonl} that have a field. */
  List<JsonNode> metrics(String field) {
    try (Stream<String> lines = Files.lines(directory.resolve("metrics.jsonl"))) {
      return lines.map(TrainedRun::parse).filter(line -> line.has(field)).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode json(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new AssertionError("Invalid line " + line, e);
    }
  }
}
