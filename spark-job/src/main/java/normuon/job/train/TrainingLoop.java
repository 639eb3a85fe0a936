package normuon.job.train;

import normuon.job.comm.RankChannel;
import normuon.job.config.RunConfiguration;
import normuon.job.config.TrainSettings;
import normuon.job.data.BatchSource;
import normuon.job.report.CurvatureRecord;
import normuon.job.report.RankDiagnostics;
import normuon.job.report.StepRecord;
import normuon.optimizer.NonFiniteGradientException;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.RowShard;

/** The steps of a segment on one rank; rank 0 tells the driver of each. */
final class TrainingLoop {

  private final RunConfiguration configuration;
  private final RankSession session;
  private final WeightLayout layout;
  private final Collectives collectives;
  private final RankMonitor monitor;
  private final Activity activity;
  private final PhaseClock clock = new PhaseClock();

  TrainingLoop(
      RunConfiguration configuration,
      RankSession session,
      WeightLayout layout,
      Collectives collectives,
      RankMonitor monitor,
      Activity activity) {
    this.configuration = configuration;
    this.session = session;
    this.layout = layout;
    this.collectives = collectives;
    this.monitor = monitor;
    this.activity = activity;
  }

  /**
   * Trains all steps of a segment. A step whose gradient is not finite is refused, and the next one
   * goes on with the next sequences.
   *
   * @return how far the run has come
   * @throws NonFiniteGradientException if more steps in a row are refused than the run survives
   */
  Progress run(Segment segment) {
    int sequencesPerStep = configuration.train().sequencesPerStep();
    TrainStep trainStep =
        new TrainStep(
            session.state(),
            layout,
            batches(),
            sequencesPerStep,
            configuration.train().seed(),
            collectives,
            clock);
    Progress progress = segment.from();
    while (progress.step() < segment.toStep()) {
      activity.begin(progress.step(), Activity.WRITE_CHECKPOINT);
      session.writes().requireSound();
      activity.train(progress.step() + 1, clock);
      Measurement measurement = measurement(progress.step() + 1);
      StepOutcome outcome;
      try {
        outcome = trainStep.run(progress, measurement);
        progress = progress.trained(sequencesPerStep, outcome.newtonSchulzCalls());
      } catch (NonFiniteGradientException e) {
        outcome = StepOutcome.REFUSED;
        measurement = Measurement.NONE;
        progress = refuse(progress.refused(sequencesPerStep), e);
      }
      if (collectives.rank() == 0) {
        RankChannel.report(segment.attemptId(), record(progress, outcome));
      }
      report(segment, progress.step(), measurement);
      monitor.finished(progress.step(), clock);
      verifyReplicas(progress.step());
    }
    return progress;
  }

  private Measurement measurement(long step) {
    return configuration.report().diagnoses(step)
        ? new RankMeasurement(session.state(), layout, collectives.rank() == 0)
        : Measurement.NONE;
  }

  /** Every rank tells of a measured step, so that the driver knows when it has heard all. */
  private void report(Segment segment, long step, Measurement measurement) {
    if (measurement != Measurement.NONE) {
      RankChannel.report(
          segment.attemptId(),
          new RankDiagnostics(
              (int) step, collectives.rank(), collectives.worldSize(), measurement.parameters()));
    }
  }

  private void verifyReplicas(long step) {
    int every = configuration.train().verifyReplicasEverySteps();
    if (every > 0 && step % every == 0) {
      activity.begin(step, "verify replicas");
      ReplicaCheck.require(session.state().weights(), collectives, step);
    }
  }

  /** Every rank comes here in the same step: all see the same sums of squares. */
  private Progress refuse(Progress after, NonFiniteGradientException reason) {
    clock.finish(Phase.REDUCE);
    if (after.refused().consecutive() > configuration.optimizer().maxRefusedSteps()) {
      throw reason;
    }
    return after;
  }

  private BatchSource batches() {
    TrainSettings train = configuration.train();
    RowShard share =
        RowShard.of(train.sequencesPerStep(), collectives.worldSize(), collectives.rank());
    return new BatchSource(
        session.data().train(),
        configuration.model().context(),
        train.seed(),
        share,
        train.microBatchSequences());
  }

  private StepRecord record(Progress progress, StepOutcome outcome) {
    int context = configuration.model().context();
    double rate = session.state().rules().schedule().multiplier(progress.step());
    double stepMilliseconds = clock.stepMilliseconds();
    long stepTokens = (long) configuration.train().sequencesPerStep() * context;
    return new StepRecord(
        (int) progress.step(),
        outcome.loss(),
        rate * peakLearningRate(),
        progress.sequencesConsumed() * context,
        outcome.gradientNorm(),
        stepMilliseconds,
        clock.milliseconds(Phase.DATA),
        clock.milliseconds(Phase.BACKWARD),
        clock.milliseconds(Phase.REDUCE),
        clock.milliseconds(Phase.COLLECT),
        clock.milliseconds(Phase.ORTHOGONALIZE),
        clock.milliseconds(Phase.BROADCAST),
        clock.milliseconds(Phase.APPLY),
        clock.controlMilliseconds(),
        1000 * stepTokens / stepMilliseconds,
        progress.newtonSchulzCalls(),
        progress.refused().total(),
        layout.overlap().orElse(null),
        curvature(outcome));
  }

  private CurvatureRecord curvature(StepOutcome outcome) {
    boolean estimated =
        session.state().elements().stream()
            .anyMatch(group -> group.settings().rule().estimatesCurvature());
    return estimated
        ? new CurvatureRecord(
            clock.milliseconds(Phase.CURVATURE),
            outcome.curvatureRefused(),
            outcome.unclippedFraction())
        : null;
  }

  /** That of the hidden matrices. */
  private double peakLearningRate() {
    return switch (configuration.optimizer().name()) {
      case NORMUON, MUON -> configuration.optimizer().learningRate();
      case ADAMW -> configuration.optimizer().adamw().learningRate();
      case SOPHIA_G, SOPHIA_H -> configuration.optimizer().sophia().learningRate();
    };
  }
}
