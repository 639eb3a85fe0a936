package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train} where the tokens that are there are of another preparation. */
class OtherTokensTest {

  @TempDir private Path folder;

  private Path run;
  private List<String> settings;

  @BeforeEach
  void choose() {
    run = folder.resolve("run");
    settings =
        List.of(
            "data.sources=[{format: lines, path: '%s'}]".formatted(folder.resolve("lines.txt")),
            "data.tokenizer=byte",
            "model.layers=1",
            "model.width=16",
            "model.heads=2",
            "model.context=16",
            "train.steps=2",
            "optimizer.schedule.warmup_steps=0",
            "generate.tokens=0");
  }

  @Test
  void aRunThatHasNotBegunPreparesAnewAndOneThatHasKeepsToItsTokens() throws IOException {
    writeLines(300);
    prepare(settings);
    String prepared = manifest();
    writeLines(400);

    TrainedRun first = TrainedRun.train(run, settings);

    assertThat(first.errors()).isEmpty();
    assertThat(first.code()).isZero();
    assertThat(first.output())
        .contains(
            "Preparing anew: the tokens in "
                + run.resolve("tokens")
                + " were of another preparation",
            "(the size of file:",
            "no training begun; they are in " + run.resolve("tokens-1") + " now");
    assertThat(Files.readString(run.resolve("tokens-1/manifest.json"))).isEqualTo(prepared);
    assertThat(manifest()).contains("\"documents\" : 400");

    String trainedOn = manifest();
    writeLines(500);
    TrainedRun second = TrainedRun.train(run, settings);

    assertThat(second.code()).isEqualTo(2);
    assertThat(second.errors())
        .singleElement()
        .asString()
        .contains("it holds tokens of another preparation (the size of file:");
    assertThat(manifest()).isEqualTo(trainedOn);
  }

  @Test
  void tokensThatOtherRunsMayUseAreRefused() throws IOException {
    List<String> shared = with(settings, "data.tokens_directory=" + run.resolve("tokens"));
    writeLines(300);
    prepare(shared);
    String prepared = manifest();

    TrainedRun training = TrainedRun.train(run, with(shared, "data.validation_fraction=0.2"));

    assertThat(training.code()).isEqualTo(2);
    assertThat(training.errors())
        .singleElement()
        .asString()
        .contains("another preparation (data.validation_fraction was '0.1' and is now '0.2')");
    assertThat(manifest()).isEqualTo(prepared);
  }

  private void prepare(List<String> settings) {
    List<String> arguments = new ArrayList<>(List.of("prepare", "--set", "run.directory=" + run));
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    System.setProperty("spark.master", "local[2]");
    System.setProperty("spark.ui.enabled", "false");
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    assertThat(Main.run(nowhere, System.err, arguments.toArray(String[]::new))).isZero();
  }

  private String manifest() throws IOException {
    return Files.readString(run.resolve("tokens/manifest.json"));
  }

  private void writeLines(int count) throws IOException {
    Files.write(
        folder.resolve("lines.txt"),
        IntStream.range(0, count).mapToObj(i -> "this is line number " + i).toList());
  }

  private static List<String> with(List<String> settings, String setting) {
    List<String> all = new ArrayList<>(settings);
    all.add(setting);
    return all;
  }
}
