package normuon.job.report;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of a run first its report, then observers that the run can do without. An observer that
 * fails is told no more, and the run goes on: it may use interfaces of Spark's that are private and
 * that another version has moved.
 */
public final class ObservedReport implements RunReporter {

  private static final Logger LOG = LoggerFactory.getLogger(ObservedReport.class);

  private final RunReporter report;
  private final List<RunReporter> observers;

  /**
   * Creates the reporter.
   *
   * @param report whose failures are the run's
   * @param observers told in this order
   */
  public ObservedReport(RunReporter report, List<RunReporter> observers) {
    this.report = report;
    this.observers = new CopyOnWriteArrayList<>(observers);
  }

  @Override
  public void started(RunStart start) {
    report.started(start);
    tell(observer -> observer.started(start));
  }

  @Override
  public void notice(String line) {
    report.notice(line);
    tell(observer -> observer.notice(line));
  }

  @Override
  public void placed(String place) {
    report.placed(place);
    tell(observer -> observer.placed(place));
  }

  @Override
  public void continued(AttemptRecord attempt) {
    report.continued(attempt);
    tell(observer -> observer.continued(attempt));
  }

  @Override
  public void step(StepRecord step) {
    report.step(step);
    tell(observer -> observer.step(step));
  }

  @Override
  public void rank(RankRecord rank) {
    report.rank(rank);
    tell(observer -> observer.rank(rank));
  }

  @Override
  public void diagnosed(StepDiagnostics diagnostics) {
    report.diagnosed(diagnostics);
    tell(observer -> observer.diagnosed(diagnostics));
  }

  @Override
  public void evaluated(EvaluationRecord evaluation) {
    report.evaluated(evaluation);
    tell(observer -> observer.evaluated(evaluation));
  }

  @Override
  public void flush() {
    report.flush();
    tell(RunReporter::flush);
  }

  @Override
  public void checkpointed(int step) {
    report.checkpointed(step);
    tell(observer -> observer.checkpointed(step));
  }

  @Override
  public void failed(Throwable failure) {
    report.failed(failure);
    tell(observer -> observer.failed(failure));
  }

  @Override
  public void finished(RunSummary summary) {
    report.finished(summary);
    tell(observer -> observer.finished(summary));
  }

  @Override
  public void close() {
    tell(RunReporter::close);
    report.close();
  }

  private void tell(Consumer<RunReporter> event) {
    for (RunReporter observer : observers) {
      try {
        event.accept(observer);
      } catch (RuntimeException | LinkageError failure) {
        observers.remove(observer);
        LOG.warn(
            "Cannot show the run with {}, training goes on without: {}",
            observer.getClass().getName(),
            failure.toString());
      }
    }
  }
}
