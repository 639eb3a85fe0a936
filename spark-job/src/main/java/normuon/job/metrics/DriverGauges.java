package normuon.job.metrics;

import normuon.job.report.EvaluationRecord;
import normuon.job.report.RankRecord;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunSummary;
import normuon.job.report.StepRecord;

/** Sets the driver's gauges to what the run reports. */
final class DriverGauges implements RunReporter {

  private final LatestValues gauges;
  private volatile long checkpointNanos;
  private volatile boolean checkpointed;
  private int worldSize;

  DriverGauges(LatestValues gauges) {
    this.gauges = gauges;
  }

  /** The age of the last checkpoint that this run has written; NaN before the first. */
  double secondsSinceLastCheckpoint() {
    return checkpointed ? (System.nanoTime() - checkpointNanos) / 1e9 : Double.NaN;
  }

  @Override
  public void started(RunStart start) {
    gauges.removeAll(""); // Those of the run before in this application.
    checkpointed = false;
    gauges.set("checkpoint_step", start.step());
  }

  @Override
  public void step(StepRecord step) {
    gauges.setAll(step);
  }

  @Override
  public void rank(RankRecord rank) {
    // After a recovery there may be fewer ranks than before.
    for (int gone = rank.worldSize(); gone < worldSize; gone++) {
      gauges.removeAll(prefix(gone));
    }
    worldSize = rank.worldSize();
    gauges.setAll(prefix(rank.rank()), rank);
  }

  @Override
  public void evaluated(EvaluationRecord evaluation) {
    gauges.set("validation_step", evaluation.step());
    gauges.set("validation_loss", evaluation.validationLoss());
  }

  @Override
  public void checkpointed(int step) {
    checkpointNanos = System.nanoTime();
    checkpointed = true;
    gauges.set("checkpoint_step", step);
  }

  /** The last values stay as long as Spark shows them. */
  @Override
  public void finished(RunSummary summary) {}

  @Override
  public void close() {}

  private static String prefix(int rank) {
    return "rank." + rank + ".";
  }
}
