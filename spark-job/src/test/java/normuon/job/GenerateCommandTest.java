package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts of a model of 27 characters and a context of 16. */
class GenerateCommandTest {

  private static final int STEPS = 20;

  @TempDir private static Path shared;

  private static TrainedRun run;

  @TempDir private Path folder;

  @BeforeAll
  static void train() throws IOException {
    run =
        TrainedRun.tiny(
                shared.resolve("run"),
                TrainedRun.text(shared),
                "train.steps=" + STEPS,
                "checkpoint.every_steps=10")
            .requireSucceeded();
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 1", "1, 0, 1", "0.9, 5, 1", "1.2, 0, 0.8", "1, 12, 0.9"})
  void theCacheChangesNoCharacterPastTheContextToo(String temperature, String topK, String topP) {
    String[] options = {
      "--prompt",
      "the quick ",
      "--tokens",
      "150",
      "--temperature",
      temperature,
      "--top-k",
      topK,
      "--top-p",
      topP
    };

    String cached = generate(options).requireSucceeded().output();

    assertThat(cached).startsWith("the quick ").hasSize(10 + 150 + 1).endsWith("\n");
    assertThat(generate(with(options, "--no-cache")).requireSucceeded().output()).isEqualTo(cached);
  }

  @Test
  void speedGoesToStandardError() {
    CommandLineRun written = generate("--prompt", "a lazy ", "--tokens", "30");

    // 2 blocks of keys and values of 16 tokens, 5 heads of width 2, 4 bytes each: 2,560 bytes.
    assertThat(written.errors())
        .matches(
            "30 tokens in \\d+\\.\\d s, [\\d,]+ tokens/s, with up to 0\\.0 MB of keys and values, by file:.*step-00000020\n");
    assertThat(generate("--prompt", "a", "--no-cache").errors()).contains(" without a cache, by ");
  }

  @Test
  void theSeedDecidesAndSeveralTextsAreSeparate() {
    String first = generate("--prompt", "fox ").requireSucceeded().output();

    assertThat(generate("--prompt", "fox ").output()).isEqualTo(first);
    assertThat(generate("--prompt", "fox ", "--seed", "2").output()).isNotEqualTo(first);
    String[] texts =
        generate("--prompt", "fox ", "--samples", "2").requireSucceeded().output().split("\n\n");
    assertThat(texts).hasSize(2);
    assertThat(texts[0]).isEqualTo("--- 1 of 2\n" + first.strip());
    assertThat(texts[1]).startsWith("--- 2 of 2\nfox ").doesNotEndWith(first.strip());
  }

  @Test
  void thePromptMayComeFromAFileOrFromStandardInput() throws IOException {
    String given = generate("--prompt", "jumps over").requireSucceeded().output();
    Path file = Files.writeString(folder.resolve("prompt.txt"), "jumps over");

    assertThat(generate("--prompt-file", file.toString()).requireSucceeded().output())
        .isEqualTo(given);
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream("jumps over".getBytes(StandardCharsets.UTF_8)));
    try {
      assertThat(generate("--prompt-file", "-").requireSucceeded().output()).isEqualTo(given);
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void aCheckpointMayBeNamedAndARunMayHaveMoved() throws IOException {
    String newest = generate("--prompt", "dog").requireSucceeded().output();
    Path moved = folder.resolve("moved");
    FileUtils.copyDirectory(run.directory().toFile(), moved.toFile());

    assertThat(of(moved.resolve("checkpoints/step-00000020"), "--prompt", "dog").output())
        .isEqualTo(newest);
    CommandLineRun earlier = of(moved.resolve("checkpoints/step-00000010"), "--prompt", "dog");
    assertThat(earlier.requireSucceeded().output()).isNotEqualTo(newest);

    Path shard = moved.resolve("checkpoints/step-00000020/rank-00000-of-00002.safetensors");
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 1] ^= 1;
    Files.write(shard, bytes);
    assertThat(of(moved, "--prompt", "dog").requireSucceeded().output())
        .as("the newest whole one")
        .isEqualTo(earlier.output());
    of(shard.getParent(), "--prompt", "dog")
        .requireRefused(
            "step-00000020: it is damaged: rank-00000-of-00002.safetensors: its SHA-256");
  }

  @Test
  void aTextWithoutAPromptBeginsAfterTheEndOfAnother() {
    Path directory = shared.resolve("bytes");
    TrainedRun.tiny(
            directory,
            shared.resolve("text.txt"),
            "data.tokenizer=byte",
            "train.steps=1",
            "optimizer.schedule.warmup_steps=0")
        .requireSucceeded();

    CommandLineRun written = of(directory, "--tokens", "40", "--temperature", "1");

    assertThat(written.requireSucceeded().output()).endsWith("\n");
    assertThat(written.errors()).matches("\\d+ tokens in (?s).*");
    // The tokenizer of this run has neither an end of text nor a line break.
    assertThat(generate("--tokens", "4").requireSucceeded().output()).hasSize(4 + 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --prompt Ünder     | Invalid prompt: Cannot encode character 'Ü' (U+00DC): it is not among the 27 characters of tokenizer 'char'
          --top-p 1.5        | Invalid top-p 1.5: must be above 0 and at most 1, which is all tokens
          --top-p 0          | Invalid top-p 0.0: must be above 0 and at most 1, which is all tokens
          --top-k -1         | Invalid top-k -1: must be at least 1, or 0 for all tokens
          --temperature -1   | Invalid temperature -1.0: must be a number of at least 0
          --tokens 0         | Invalid --tokens 0: must be at least 1
          --samples 0        | Invalid --samples 0: must be at least 1
          --device tpu       | Invalid --device tpu: must be auto, cpu or gpu
          --prompt-file none | --prompt-file none does not exist
          --prompt a --prompt-file b | Invalid --prompt-file b: must be left out where --prompt is given
          """)
  void refusesWhatIsNoPromptOrNoNumber(String options, String message) {
    generate(options.split(" ")).requireRefused(message);
  }

  @Test
  void refusesWhatIsNoModel() throws IOException {
    Path none = folder.resolve("none");
    of(none)
        .requireRefused(
            none
                + " does not exist: must be a run directory, the folder of a checkpoint or a folder with a config.json");
    of(folder).requireRefused("must be a run directory or the folder of a whole checkpoint (");
    Files.createDirectories(folder.resolve("run/checkpoints/step-00000001"));
    of(folder.resolve("run"))
        .requireRefused(
            "it holds no whole checkpoint (step 1: manifest.json does not exist: its writing was broken off)");
    of(CheckpointFormatTest.RESOURCES.resolve("format-2"))
        .requireRefused("/tokens/manifest.json does not exist, which has its tokenizer");
  }

  @Test
  void aCheckpointNeedsNothingElse() throws IOException {
    Path alone = folder.resolve("step-00000020");
    FileUtils.copyDirectory(run.checkpoint(STEPS).toFile(), alone.toFile());
    Path directory = run.directory().resolveSibling("elsewhere");
    Files.move(run.directory(), directory);
    try {
      assertThat(of(alone, "--prompt", "the ").requireSucceeded().output()).startsWith("the ");
    } finally {
      Files.move(directory, run.directory());
    }
  }

  @Test
  void aModelThatIsNotFiniteEndsInOneLine() throws IOException {
    Path poisoned = folder.resolve("step-00000020");
    FileUtils.copyDirectory(run.checkpoint(STEPS).toFile(), poisoned.toFile());
    PoisonedCheckpoint.poison(poisoned, "model.embed_tokens.weight", 0);

    CommandLineRun written = of(poisoned, "--prompt", "the ");

    assertThat(written.errors())
        .isEqualTo(
            "DIVERGED: Cannot choose a token: the logit of token 0 is NaN; must be finite\n");
    assertThat(written.code()).isEqualTo(3);
  }

  @Test
  void refusesAPromptThatIsNotUtf8() throws IOException {
    Path file = Files.write(folder.resolve("prompt.txt"), new byte[] {'a', (byte) 0xC3});

    generate("--prompt-file", file.toString())
        .requireRefused("Invalid --prompt-file " + file + ": must be UTF-8 text");
  }

  private static CommandLineRun generate(String... options) {
    return of(run.directory(), options);
  }

  private static CommandLineRun of(Path model, String... options) {
    List<String> arguments = new ArrayList<>(List.of("generate", model.toString()));
    arguments.addAll(List.of(options));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static String[] with(String[] options, String option) {
    String[] all = Arrays.copyOf(options, options.length + 1);
    all[options.length] = option;
    return all;
  }
}
