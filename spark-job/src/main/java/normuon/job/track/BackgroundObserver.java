package normuon.job.track;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import normuon.job.report.AttemptRecord;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunSummary;
import normuon.job.report.StepDiagnostics;
import normuon.job.report.StepRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells an observer of a run on a thread of its own: no step waits for it, and its failures are not
 * the run's. An observer that fails is told no more; of one that is too slow to be told everything,
 * what it misses is lost. Either is said once.
 */
public final class BackgroundObserver implements RunReporter {

  private static final Logger LOG = LoggerFactory.getLogger(BackgroundObserver.class);
  private static final int MOST_WAITING = 10_000;
  private static final long POLL_MILLIS = 50;

  private final String name;
  private final RunReporter observer;
  private final Duration patience;
  private final BlockingQueue<Consumer<RunReporter>> events =
      new LinkedBlockingQueue<>(MOST_WAITING);
  private final AtomicBoolean missedSaid = new AtomicBoolean();
  private final Thread thread;
  private volatile boolean closing;
  private volatile boolean ended;

  /**
   * Creates the observer and starts its thread.
   *
   * @param name what people call it
   * @param observer who is told, and closed at the end, on the thread
   * @param patience how long {@link #close} waits until it has been told everything
   */
  public BackgroundObserver(String name, RunReporter observer, Duration patience) {
    this.name = name;
    this.observer = observer;
    this.patience = patience;
    this.thread = new Thread(this::work, "observer-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private void work() {
    try {
      while (!closing || !events.isEmpty()) {
        Consumer<RunReporter> event = events.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (event != null) {
          event.accept(observer);
        }
      }
      observer.close();
    } catch (RuntimeException | LinkageError failure) {
      LOG.warn("Cannot show the run in {}, training goes on without: {}", name, failure.toString());
    } catch (InterruptedException outOfPatience) {
      Thread.currentThread().interrupt();
    } finally {
      ended = true;
      events.clear();
    }
  }

  private void tell(Consumer<RunReporter> event) {
    if (!ended && !events.offer(event) && missedSaid.compareAndSet(false, true)) {
      LOG.warn("Cannot show all of the run in {}: it is too slow", name);
    }
  }

  @Override
  public void started(RunStart start) {
    tell(told -> told.started(start));
  }

  @Override
  public void continued(AttemptRecord attempt) {
    tell(told -> told.continued(attempt));
  }

  @Override
  public void step(StepRecord step) {
    tell(told -> told.step(step));
  }

  @Override
  public void diagnosed(StepDiagnostics diagnostics) {
    tell(told -> told.diagnosed(diagnostics));
  }

  @Override
  public void evaluated(EvaluationRecord evaluation) {
    tell(told -> told.evaluated(evaluation));
  }

  @Override
  public void flush() {
    tell(RunReporter::flush);
  }

  @Override
  public void checkpointed(int step) {
    tell(told -> told.checkpointed(step));
  }

  @Override
  public void failed(Throwable failure) {
    tell(told -> told.failed(failure));
  }

  @Override
  public void finished(RunSummary summary) {
    tell(told -> told.finished(summary));
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join(Math.max(1, patience.toMillis()));
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      LOG.warn("Cannot show the end of the run in {} within {} s", name, patience.toSeconds());
      thread.interrupt();
    }
  }
}
