package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * A command within the test's own process, on {@code local[3]}.
 *
 * @param code its exit code
 * @param output what it printed
 * @param errors what it printed as errors
 */
record CommandLineRun(int code, String output, String errors) {

  static CommandLineRun of(String... arguments) {
    System.setProperty("spark.master", "local[3]");
    System.setProperty("spark.ui.enabled", "false");
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int code =
        Main.run(
            new PrintStream(output, true, StandardCharsets.US_ASCII),
            new PrintStream(errors, true, StandardCharsets.UTF_8),
            arguments);
    return new CommandLineRun(
        code, output.toString(StandardCharsets.UTF_8), errors.toString(StandardCharsets.UTF_8));
  }

  CommandLineRun requireSucceeded() {
    assertThat(code).as(errors).isZero();
    return this;
  }

  /** Requires a refusal in one line. */
  void requireRefused(String message) {
    assertThat(errors).startsWith("INVALID_CONFIG: ").contains(message).hasLineCount(1);
    assertThat(code).isEqualTo(2);
    assertThat(output).isEmpty();
  }
}
