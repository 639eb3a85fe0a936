package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanCommandTest {

  @TempDir private Path folder;

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  @Test
  void tellsOfRanksThatAreNotThere() {
    assertThat(run("--ranks", "3", "--set", "run.directory=" + folder.resolve("run"))).isZero();

    assertThat(text(output))
        .contains("Plan for 3 ranks: 107,200 weights; a rank takes up to 6 sequences of 128 tokens")
        .contains("NORMUON: learning rate 0.01")
        .contains("Owners: 14 matrices on 3 ranks, largest load / mean 1.")
        .contains("    model.layers.1.mlp.down_proj.weight")
        .contains("spark.executor.memoryOverhead must be at least 39")
        .contains("at 0.1 TFLOP/s, 1 GB/s each way and 50 us a message")
        .contains("Scaling of this run, 1 to 16 ranks: fastest on ");
    assertThat(Files.exists(folder.resolve("run"))).as("nothing is started").isFalse();
  }

  @Test
  void manyMatricesAreToldByTheirLoads() {
    assertThat(
            run(
                "--ranks=256",
                "--set=data.tokenizer=gpt2",
                "--set=model.layers=12",
                "--set=train.sequences_per_step=512"))
        .isZero();

    assertThat(text(output)).contains("84 matrices on 256 ranks").contains("172 ranks own none");
    assertThat(text(output).lines().count()).isLessThan(50);
  }

  @Test
  void jsonHasTheOwnerOfEachMatrix() throws Exception {
    assertThat(run("--ranks=2", "--json", "--flops=40", "--bandwidth=25", "--latency=5")).isZero();

    JsonNode plan = new ObjectMapper().readTree(output.toByteArray());
    assertThat(plan.get("ranks").asInt()).isEqualTo(2);
    assertThat(plan.get("owners")).hasSize(14);
    assertThat(plan.get("owners").get("model.layers.0.mlp.up_proj.weight").asInt()).isBetween(0, 1);
    assertThat(plan.get("memory").get("weights").asLong()).isEqualTo(4 * 107_200);
    assertThat(plan.get("traffic").get("reduce_scatter").get("sent_bytes").asLong()).isPositive();
    assertThat(plan.get("rates").get("flops_per_second").asDouble()).isEqualTo(40e12);
    assertThat(plan.get("rates").get("bytes_per_second").asDouble()).isEqualTo(25e9);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --ranks=0              | INVALID_CONFIG: Invalid train.ranks 0 (--set): must be a whole number at least 1
          --ranks=17             | Invalid train.ranks 17 (--set): must be at most train.sequences_per_step 16 (default)
          --ranks=two            | Invalid value for option '--ranks'
          --flops=0              | INVALID_CONFIG: Invalid FLOP/s 0.0: must be a number above 0
          --flops=NaN            | Invalid FLOP/s NaN: must be a number above 0
          --bandwidth=-1         | Invalid bandwidth -1.0E9: must be a number above 0
          --latency=-1           | must be a number at least 0
          --vocabulary=0         | INVALID_CONFIG: Invalid vocabulary size 0: must be at least 1
          --set=data.path=a.txt  | Cannot plan with data.tokenizer char without its vocabulary, the characters of data.path a.txt: give --vocabulary N
          --set=model.heads=5    | Invalid model.heads 5 (--set): must divide model.width 64 (default) where model.head_width is 0 (default)
          --set=optimizer.groups=[{pattern: nothing, rule: adamw, learning_rate: 1, weight_decay: 0}] | Cannot use optimizer.groups: Invalid
          """)
  void refusesInOneLine(String option, String message) {
    assertThat(run(option)).isEqualTo(2);

    assertThat(text(errors)).contains(message).hasLineCount(1);
    assertThat(text(output)).isEmpty();
  }

  private int run(String... options) {
    String[] arguments = new String[options.length + 1];
    arguments[0] = "plan";
    System.arraycopy(options, 0, arguments, 1, options.length);
    return Main.run(
        new PrintStream(output, true, StandardCharsets.UTF_8),
        new PrintStream(errors, true, StandardCharsets.UTF_8),
        arguments);
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
