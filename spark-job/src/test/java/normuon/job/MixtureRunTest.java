package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train} on tokens that were prepared before, of several directories. */
class MixtureRunTest {

  @TempDir private Path folder;

  @Test
  void aMixtureIsTrainedOnAndResumedWithAnotherNumberOfRanks() throws IOException {
    Path text = TrainedRun.text(folder);
    Path other = Files.writeString(folder.resolve("other.txt"), "0123456789 ".repeat(300));
    prepare("words", text, "byte");
    prepare("digits", other, "byte");
    List<String> settings =
        List.of(
            "data.path=sample",
            "data.tokenizer=byte",
            "data.mixture=[{tokens_directory: '%s', weight: 3}, {tokens_directory: '%s', weight: 1}]"
                .formatted(tokens("words"), tokens("digits")),
            "train.steps=20",
            "checkpoint.every_steps=10",
            "train.ranks=2");

    TrainedRun run = train(text, settings).requireSucceeded();
    List<Double> losses = losses(run);
    Files.delete(run.checkpoint(20).resolve("manifest.json"));
    TrainedRun resumed = train(text, with(settings, "train.ranks=3")).requireSucceeded();

    assertThat(resumed.output()).contains("Resuming after step 10");
    assertThat(losses(resumed))
        .hasSize(20)
        .zipSatisfy(
            losses, (actual, loss) -> assertThat(actual).isCloseTo(loss, Offset.offset(1e-5)));
    assertThat(resumed.manifest(20).at("/provenance").toString())
        .contains(
            "text.txt", "other.txt", "words/tokens/train-00000.bin", "\"data.documents\":\"2\"");
  }

  @Test
  void weightedSourcesTrainAsTheirTokensDoAsAMixture() throws IOException {
    Path words = lines("words", "a document of words, number ");
    Path digits = lines("digits", "0123456789 ");
    String sources =
        "data.sources=[{format: lines, path: '%s', weight: 3}, {format: lines, path: '%s', weight: 1}]"
            .formatted(words, digits);
    List<String> settings = List.of("data.path=sample", "data.tokenizer=byte", "train.steps=4");

    TrainedRun weighted = train(words, with(settings, sources)).requireSucceeded();

    Path tokens = weighted.directory().resolve("tokens");
    String mixture =
        "data.mixture=[{tokens_directory: '%s', weight: 3}, {tokens_directory: '%s', weight: 1}]"
            .formatted(tokens.resolve("source-0"), tokens.resolve("source-1"));
    TrainedRun mixed =
        TrainedRun.tiny(
                folder.resolve("mixed"), words, with(settings, mixture).toArray(String[]::new))
            .requireSucceeded();
    assertThat(losses(weighted)).hasSize(4).isEqualTo(losses(mixed));
    assertThat(weighted.manifest(4).at("/provenance").toString())
        .contains("\"data.sources[0]\":\"file:" + words, "\"data.sources[1]\":\"file:" + digits);
    String run = weighted.directory().toString();
    JsonNode evaluation =
        TrainedRun.JSON.readTree(
            CommandLineRun.of("evaluate", run, "--json").requireSucceeded().output());
    assertThat(evaluation.get("data").asText())
        .contains(tokens.resolve("source-0").toString(), tokens.resolve("source-1").toString());
    assertThat(evaluation.get("loss").asDouble())
        .isCloseTo(
            weighted.metrics("validation_loss").get(0).get("validation_loss").asDouble(),
            Offset.offset(1e-6));
    assertThat(CommandLineRun.of("generate", run, "--prompt", "a doc").requireSucceeded().output())
        .startsWith("a doc");
  }

  private Path lines(String name, String start) throws IOException {
    return Files.write(
        folder.resolve(name), IntStream.range(0, 200).mapToObj(i -> start + i).toList());
  }

  @Test
  void tokensThatDoNotFitAreRefused() throws IOException {
    Path text = TrainedRun.text(folder);
    prepare("bytes", text, "byte");
    prepare("characters", text, "char");
    String both =
        "data.mixture=[{tokens_directory: '%s', weight: 1}, {tokens_directory: '%s', weight: 1}]"
            .formatted(tokens("bytes"), tokens("characters"));
    String missing =
        "data.mixture=[{tokens_directory: '%s', weight: 1}]".formatted(folder.resolve("nothing"));
    String one = "data.mixture=[{tokens_directory: '%s', weight: 1}]".formatted(tokens("bytes"));

    requireInvalid(
        text, both, "byte", tokens("characters") + ": their tokenizer 'char' has SHA-256 ");
    requireInvalid(text, missing, "byte", "manifest.json does not exist");
    requireInvalid(text, one, "gpt2", "Invalid data.tokenizer = gpt2: must be byte");
  }

  private void requireInvalid(Path text, String mixture, String tokenizer, String message) {
    TrainedRun run =
        train(text, List.of("data.path=sample", "data.tokenizer=" + tokenizer, mixture));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errors()).singleElement().asString().contains(message);
  }

  private TrainedRun train(Path text, List<String> settings) {
    return TrainedRun.tiny(folder.resolve("run"), text, settings.toArray(String[]::new));
  }

  private void prepare(String name, Path text, String tokenizer) {
    List<String> settings = new ArrayList<>(TrainedRun.tinySettings(text));
    settings.add("run.directory=" + folder.resolve(name));
    settings.add("data.tokenizer=" + tokenizer);
    List<String> arguments = new ArrayList<>(List.of("prepare"));
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    System.setProperty("spark.master", "local[2]");
    System.setProperty("spark.ui.enabled", "false");
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int code =
        Main.run(
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(errors, true, StandardCharsets.UTF_8),
            arguments.toArray(String[]::new));
    assertThat(code).as(errors.toString(StandardCharsets.UTF_8)).isZero();
  }

  private Path tokens(String name) {
    return folder.resolve(name).resolve("tokens");
  }

  private static List<String> with(List<String> settings, String setting) {
    List<String> all = new ArrayList<>(settings);
    all.add(setting);
    return all;
  }

  private static List<Double> losses(TrainedRun run) {
    return run.metrics("loss").stream().map(line -> line.get("loss").asDouble()).toList();
  }
}
