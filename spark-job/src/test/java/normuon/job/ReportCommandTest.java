package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {

  @TempDir private Path folder;
  private Path run;

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  @BeforeEach
  void writeMetrics() throws IOException {
    run = Files.createDirectory(folder.resolve("run"));
    Files.writeString(run.resolve("metrics.jsonl"), "{\"step\":1,\"loss\":4.0,\"grad_norm\":1}\n");
  }

  @Test
  void oneRunHasItsPageInItsDirectory() {
    assertThat(report(run.toString())).isZero();

    assertThat(run.resolve("report.html")).content().contains("<h1>run</h1>");
    assertThat(output.toString(StandardCharsets.UTF_8))
        .startsWith("Wrote ")
        .endsWith("run/report.html\n");
  }

  @Test
  void theOutputMayGoElsewhere() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.copy(run.resolve("metrics.jsonl"), other.resolve("metrics.jsonl"));
    Path page = folder.resolve("pages/both.html");

    assertThat(report(run.toString(), other.toString(), "--output", page.toString())).isZero();
    assertThat(page).content().contains("<h1>run, other</h1>");
    assertThat(run.resolve("report.html")).doesNotExist();
  }

  @Test
  void aRunThatIsNotThereIsSaid() {
    assertThat(report(folder.resolve("nothing").toString())).isEqualTo(2);

    assertThat(errors.toString(StandardCharsets.UTF_8))
        .endsWith("nothing/metrics.jsonl does not exist\n");
    assertThat(folder.resolve("nothing")).doesNotExist();
  }

  @Test
  void tooManyRunsAreRefused() {
    String[] nine = new String[9];
    java.util.Arrays.fill(nine, run.toString());

    assertThat(report(nine)).isEqualTo(2);
    assertThat(errors.toString(StandardCharsets.UTF_8))
        .isEqualTo("Invalid number of runs 9: a report shows 1 to 8\n");
  }

  private int report(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "report";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return Main.run(
        new PrintStream(output, true, StandardCharsets.UTF_8),
        new PrintStream(errors, true, StandardCharsets.UTF_8),
        all);
  }
}
