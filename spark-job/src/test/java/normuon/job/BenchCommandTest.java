package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {

  @TempDir private Path folder;

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  @Test
  void measuresEveryShapeInBothPrecisions() throws IOException {
    Path file = folder.resolve("bench.json");

    assertThat(run("--shapes", "48x48,32x96", "--layers", "0", "--output", file.toString()))
        .isZero();

    JsonNode results = new ObjectMapper().readTree(file.toFile()).get("orthogonalization");
    assertThat(results.findValuesAsText("shape"))
        .containsExactly("48x48", "48x48", "32x96", "32x96");
    assertThat(results.findValuesAsText("precision")).containsExactly("F32", "BF16", "F32", "BF16");
    for (JsonNode result : results) {
      boolean single = result.get("precision").asText().equals("F32");
      assertThat(result.get("milliseconds").asDouble()).isPositive();
      assertThat(result.get("ratio_to_plain").asDouble()).isPositive();
      assertThat(result.get("error").asDouble())
          .isBetween(single ? 1e-8 : 1e-4, single ? 1e-5 : 0.1);
      assertThat(result.get("ill_error").asDouble())
          .isBetween(single ? 1e-8 : 1e-4, single ? 1e-4 : 0.5);
    }
    assertThat(output.toString(StandardCharsets.UTF_8)).contains("32x96", "ceiling");
  }

  @Test
  void timesRealStepsOfEveryRuleOnEveryNumberOfRanks() throws IOException {
    Path file = folder.resolve("bench.json");

    assertThat(
            run(
                "--shapes",
                "8x8",
                "--rounds",
                "1",
                "--layers",
                "1",
                "--optimizers",
                "normuon,adamw",
                "--output",
                file.toString()))
        .isZero();

    JsonNode steps = new ObjectMapper().readTree(file.toFile()).get("steps");
    assertThat(steps.findValuesAsText("optimizer"))
        .containsExactly("normuon", "normuon", "adamw", "adamw");
    assertThat(steps.findValuesAsText("ranks")).containsExactly("1", "2", "1", "2");
    long matrices = 4 * 768 * 768 + 2 * 768 * 3072;
    long rows = 4 * 768 + 3072 + 768;
    long others = 50_257 * 768 + 3 * 768;
    for (JsonNode step : steps) {
      boolean orthogonalizes = step.get("optimizer").asText().equals("normuon");
      assertThat(step.get("milliseconds").asDouble()).isPositive();
      assertThat(step.get("orthogonalize_ms").asDouble() > 0).isEqualTo(orthogonalizes);
      assertThat(step.get("state_floats").asLong())
          .isEqualTo(2 * others + (orthogonalizes ? matrices + rows : 2 * matrices));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --shapes 3x   | Invalid shape 3x: must be ROWSxCOLUMNS, such as 768x3072
          --rounds 0    | Invalid rounds 0: must be at least 1
          --layers -1   | Invalid layers -1: must be at least 0
          --ranks 0     | Invalid train.ranks 0 (--set): must be a whole number at least 1
          --optimizers sgd | Invalid optimizer.name "sgd" (--set): must be one of normuon, muon, adamw, sophia_g
          """)
  void refusesWhatItCannotMeasure(String arguments, String message) {
    assertThat(run(arguments.split(" "))).isEqualTo(2);
    assertThat(errors.toString(StandardCharsets.UTF_8)).contains(message);
  }

  private int run(String... options) {
    String[] arguments = new String[options.length + 2];
    arguments[0] = "bench";
    arguments[1] = "optimizer";
    System.arraycopy(options, 0, arguments, 2, options.length);
    return Main.run(
        new PrintStream(output, true, StandardCharsets.UTF_8),
        new PrintStream(errors, true, StandardCharsets.UTF_8),
        arguments);
  }
}
