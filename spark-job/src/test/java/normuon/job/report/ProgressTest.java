package normuon.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressTest {

  private static final String ERASE_REST = "\033[K";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream output = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private final AtomicLong clock = new AtomicLong(1);

  @Test
  void barShowsStepLossSpeedAndTimeLeftOnOneLine() {
    ProgressDisplay bar = new ProgressBar(output, 200, 100, clock::get);
    bar.step(ExampleSteps.step(50));

    assertThat(written())
        .isEqualTo(
            "\r["
                + "#".repeat(10)
                + "-".repeat(30)
                + "] 50/200  loss 0.0800  10,000 tokens/s  15 s left"
                + ERASE_REST);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 10, 40, 52, 53, 60, 80, 200})
  void barNeverFillsTheLastColumn(int columns) {
    ProgressDisplay bar = new ProgressBar(output, 200, columns, clock::get);
    bar.step(ExampleSteps.step(150));

    String line = written().replace("\r", "").replace(ERASE_REST, "");
    assertThat(line).hasSizeLessThan(columns);
  }

  @Test
  void barIsRedrawnAtMostTenTimesASecondAndAtTheEnd() {
    ProgressDisplay bar = new ProgressBar(output, 100, 80, clock::get);
    for (int step = 1; step <= 100; step++) {
      bar.step(ExampleSteps.step(step));
      clock.addAndGet(10_000_000L);
    }
    bar.close();

    long drawn = written().chars().filter(character -> character == '\r').count();
    assertThat(drawn).as("1 s in steps of 10 ms, and the last step").isEqualTo(11);
    assertThat(written()).contains(" 100/100 ").endsWith(ERASE_REST + "\n");
  }

  @Test
  void lineThatStaysIsAboveTheBar() {
    ProgressDisplay bar = new ProgressBar(output, 100, 80, clock::get);
    bar.line("before the bar");
    bar.step(ExampleSteps.step(1));
    String drawn = written().substring(written().indexOf('\n') + 1);
    bytes.reset();
    bar.line("an evaluation");

    assertThat(written()).isEqualTo("\ran evaluation" + ERASE_REST + "\n" + drawn);
  }

  @Test
  void linesComeEveryFewStepsAndAtBothEnds() {
    ProgressDisplay lines = new StepLine(output, 50, 20);
    for (int step = 1; step <= 50; step++) {
      lines.step(ExampleSteps.step(step));
    }

    assertThat(written().lines().map(line -> line.split(" ")[1]))
        .containsExactly("1/50", "20/50", "40/50", "50/50");
    assertThat(written().lines().skip(1).findFirst())
        .contains(
            "step 20/50  loss 0.2000  lr 0.0100  grad 0.500  100.0 ms  10,000 tokens/s  left 3 s");
    assertThat(written()).doesNotContain("\r", "\033");
  }

  @Test
  void paceFollowsTheRecentSteps() {
    Pace pace = new Pace(1100);
    for (int step = 1; step < 100; step++) {
      pace.add(ExampleSteps.step(step));
    }
    LiveNumbers numbers = pace.add(ExampleSteps.step(100));

    assertThat(numbers.left()).hasSeconds(100);
    assertThat(numbers.tokensPerSecond()).isEqualTo(10_000);
    assertThat(numbers.step()).isEqualTo(100);
  }

  @Test
  void aRefusedStepHasDashesForWhatItDoesNotHave() {
    ProgressDisplay lines = new StepLine(output, 50, 20);
    lines.step(ExampleSteps.refused(1));

    assertThat(written()).startsWith("step 1/50  loss -  lr 0.0100  grad -  100.0 ms  ");
  }

  @Test
  void terminalIsWhatTheLauncherFound() {
    assertThat(Terminal.of(Map.of())).isEqualTo(new Terminal(false, 80));
    assertThat(Terminal.of(Map.of("NORMUON_TERMINAL", "1", "COLUMNS", "132")))
        .isEqualTo(new Terminal(true, 132));
    for (String columns : List.of("0", "", "wide", "-3")) {
      assertThat(Terminal.of(Map.of("COLUMNS", columns)).columns()).isEqualTo(80);
    }
  }

  private String written() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
