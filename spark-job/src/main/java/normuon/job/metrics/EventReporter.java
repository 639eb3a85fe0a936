package normuon.job.metrics;

import normuon.job.report.EvaluationRecord;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunSummary;
import normuon.job.report.StepRecord;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * Posts what a run reports on Spark's listener bus, from where the event log gets it too. The bus
 * works on threads of its own; a step does not wait for the log.
 */
public final class EventReporter implements RunReporter {

  private final SparkContext spark;
  private final int everySteps;

  /**
   * Creates the reporter.
   *
   * @param spark whose listeners hear of the run
   * @param everySteps steps between two step events; 0 for no step events
   */
  public EventReporter(SparkContext spark, int everySteps) {
    this.spark = spark;
    this.everySteps = everySteps;
  }

  @Override
  public void started(RunStart start) {}

  @Override
  public void step(StepRecord step) {
    if (everySteps > 0 && step.step() % everySteps == 0) {
      post(new StepEvent(System.currentTimeMillis(), step));
    }
  }

  @Override
  public void evaluated(EvaluationRecord evaluation) {
    post(new EvaluationEvent(System.currentTimeMillis(), evaluation));
  }

  @Override
  public void checkpointed(int step) {
    post(new CheckpointEvent(System.currentTimeMillis(), step));
  }

  @Override
  public void finished(RunSummary summary) {}

  @Override
  public void close() {}

  /** The bus is private to Spark, but there is no other way to it. */
  private void post(SparkListenerEvent event) {
    spark.listenerBus().post(event);
  }
}
