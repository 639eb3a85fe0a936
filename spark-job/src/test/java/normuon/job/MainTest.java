package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          tarin            | Unmatched argument at index 0: 'tarin'
          train --wrong    | Unknown option: '--wrong'
          train extra      | Unmatched argument at index 1: 'extra'
          train --set      | Missing required parameter for option '--set' (key=value)
          ''               | Invalid command line: a COMMAND is missing
          """)
  void misuseIsOneLineAndTheExitCodeOfMisuse(String arguments, String message) {
    int code = arguments.isEmpty() ? run() : run(arguments.split(" "));

    assertThat(code).isEqualTo(2);
    assertThat(errors.toString(StandardCharsets.UTF_8)).contains(message).hasLineCount(1);
  }

  @Test
  void helpOfACommandNamesItsOptions() {
    assertThat(run("train", "--help")).isZero();

    assertThat(output.toString(StandardCharsets.UTF_8))
        .contains("submit/normuon train", "--config=FILE", "--set=key=value");
  }

  private int run(String... arguments) {
    return Main.run(
        new PrintStream(output, true, StandardCharsets.UTF_8),
        new PrintStream(errors, true, StandardCharsets.UTF_8),
        arguments);
  }
}
