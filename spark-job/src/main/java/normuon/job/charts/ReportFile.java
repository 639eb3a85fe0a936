package normuon.job.charts;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.RunDirectory;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunSummary;
import normuon.job.report.StepRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps {@code report.html} of a run up to date: every so many seconds while it goes on, less often
 * where that would take more than a tenth of the time, and at its end. Another thread writes one
 * version at a time, so that training never waits for it. A failure is said once, and the run goes
 * on.
 */
public final class ReportFile implements RunReporter {

  private static final Logger LOG = LoggerFactory.getLogger(ReportFile.class);

  /** Least pause, and longest wait at the end, in durations of the last version. */
  private static final int LEAST_PAUSE = 10;

  private static final int PATIENCE = 4;
  private static final Duration MOST_PATIENCE = Duration.ofMinutes(1);

  private final RunDirectory directory;
  private final Duration pause;
  private final Duration longestEnd;
  private final BooleanSupplier mayWrite;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "report-writer");
            thread.setDaemon(true);
            thread.setPriority(Thread.MIN_PRIORITY);
            return thread;
          });
  private Future<?> pending;
  private volatile long endedNanos;
  private volatile Duration lastDuration = Duration.ZERO;
  private boolean failed;

  /**
   * Creates the reporter.
   *
   * @param directory of the run
   * @param pause least time between versions; zero for one at the end only
   * @param longestEnd how long the end of the run waits for the last version; longer where the
   *     version before took long
   * @param mayWrite whether the directory is still this run's
   */
  public ReportFile(
      RunDirectory directory, Duration pause, Duration longestEnd, BooleanSupplier mayWrite) {
    this.directory = directory;
    this.pause = pause;
    this.longestEnd = longestEnd;
    this.mayWrite = mayWrite;
  }

  @Override
  public void started(RunStart start) {
    endedNanos = System.nanoTime();
    pending = CompletableFuture.completedFuture(null);
  }

  @Override
  public void step(StepRecord step) {
    if (!pause.isZero() && pending.isDone() && isDue()) {
      await(Duration.ZERO);
      pending = thread.submit(this::write);
    }
  }

  private boolean isDue() {
    Duration since = Duration.ofNanos(System.nanoTime() - endedNanos);
    return since.compareTo(longer(pause, lastDuration.multipliedBy(LEAST_PAUSE))) >= 0;
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  @Override
  public void evaluated(EvaluationRecord evaluation) {
    // Is in the file that the next version is made from.
  }

  @Override
  public void checkpointed(int step) {
    // Shows in the next version.
  }

  @Override
  public void finished(RunSummary summary) {
    // The last version is written when the reporter is closed, as after a failure.
  }

  /** Writes the last version and waits for it, but not for a store that is silent. */
  @Override
  public void close() {
    if (pending != null) {
      pending = thread.submit(this::write);
      Duration patience = lastDuration.multipliedBy(PATIENCE);
      boolean isBounded = patience.compareTo(MOST_PATIENCE) < 0;
      await(longer(longestEnd, isBounded ? patience : MOST_PATIENCE));
    }
    thread.shutdownNow();
  }

  private void write() {
    long before = System.nanoTime();
    try {
      if (mayWrite.getAsBoolean()) {
        directory.replace(ReportPage.FILE_NAME, ReportPage.of(List.of(directory)));
      }
    } finally {
      endedNanos = System.nanoTime();
      lastDuration = Duration.ofNanos(endedNanos - before);
    }
  }

  /** Says once what a version has failed of. */
  private void await(Duration longest) {
    try {
      pending.get(longest.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException failure) {
      say(failure.getCause().toString());
    } catch (TimeoutException tooLong) {
      say("not done after " + longest.toSeconds() + " s");
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      say("interrupted");
    }
  }

  private void say(String reason) {
    if (!failed) {
      failed = true;
      LOG.warn("Cannot write {} in {}: {}", ReportPage.FILE_NAME, directory.path(), reason);
    }
  }
}
