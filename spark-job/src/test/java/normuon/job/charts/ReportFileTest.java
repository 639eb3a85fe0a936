package normuon.job.charts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import normuon.job.report.RunStart;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFileTest {

  private static final RunStart START =
      new RunStart(0, 1, 1, 1, OptionalDouble.empty(), "plan", "routing");
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir private Path folder;
  private RunFolder run;
  private Path file;

  @BeforeEach
  void writeMetrics() {
    run = new RunFolder(folder).configured("normuon", 20).steps(1, 10);
    file = folder.resolve("report.html");
  }

  @Test
  void thePageIsThereWhileTheRunGoesOn() {
    try (ReportFile report = report(Duration.ofNanos(1))) {
      report.started(START);
      report.step(RunFolder.step(10, 2));

      await().atMost(LONG).untilAsserted(() -> assertThat(file).exists());
    }
  }

  @Test
  void thePageIsNotMadeAnewWithEveryStep() {
    try (ReportFile report = report(LONG)) {
      report.started(START);
      report.step(RunFolder.step(10, 2));
      assertThat(file).as("a minute has not passed").doesNotExist();
    }
    assertThat(file).as("at the end").exists();
  }

  @Test
  void theEndHasAllStepsHoweverTheRunEnded() throws IOException {
    try (ReportFile report = report(Duration.ZERO)) {
      report.started(START);
      run.steps(11, 20);
    }

    assertThat(new PageReader(Files.readString(file)).row("Steps")).containsExactly("20 of 20");
    assertThat(folder.resolve(".report.html.tmp")).doesNotExist();
  }

  @Test
  void aRunThatNeverStartedLeavesNoPage() {
    report(LONG).close();

    assertThat(file).doesNotExist();
  }

  @Test
  void anotherDriversDirectoryIsLeftAlone() {
    try (ReportFile report = new ReportFile(run.directory(), LONG, LONG, () -> false)) {
      report.started(START);
    }

    assertThat(file).doesNotExist();
  }

  @Test
  void aPageThatCannotBeWrittenHurtsNoRun() throws IOException {
    Files.createDirectories(file.resolve("in the way"));
    try (ReportFile report = report(Duration.ofNanos(1))) {
      report.started(START);
      report.step(RunFolder.step(10, 2));
      report.step(RunFolder.step(11, 2));
    }

    assertThat(file).isDirectory();
  }

  @Test
  void theEndDoesNotWaitForAStoreThatIsSilent() {
    Duration longestEnd = Duration.ofMillis(50);
    long before = System.nanoTime();
    try (ReportFile report =
        new ReportFile(run.directory(), Duration.ZERO, longestEnd, ReportFileTest::neverAnswer)) {
      report.started(START);
    }

    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
    assertThat(file).doesNotExist();
  }

  @Test
  void aPageThatTakesLongIsNotMadeAgainAtOnce() {
    AtomicInteger versions = new AtomicInteger();
    ReportFile report =
        new ReportFile(
            run.directory(),
            Duration.ofNanos(1),
            Duration.ofNanos(1),
            () -> {
              // Long beside the few steps below; the end waits for several times as long.
              LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
              return versions.incrementAndGet() > 0;
            });
    report.started(START);
    report.step(RunFolder.step(10, 2));
    await().atMost(LONG).until(() -> Files.exists(file));
    for (int step = 11; step <= 20; step++) {
      report.step(RunFolder.step(step, 2));
    }
    report.close();

    assertThat(versions).as("the first, and that at the end").hasValue(2);
  }

  private static boolean neverAnswer() {
    try {
      new java.util.concurrent.CountDownLatch(1).await();
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private ReportFile report(Duration pause) {
    return new ReportFile(run.directory(), pause, LONG, () -> true);
  }
}
