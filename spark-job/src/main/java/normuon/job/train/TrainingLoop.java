package normuon.job.train;

import normuon.job.comm.RankChannel;
import normuon.job.config.RunConfiguration;
import normuon.job.config.TrainSettings;
import normuon.job.data.BatchSource;
import normuon.job.report.StepRecord;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.RowShard;

/** The steps of a segment on one rank; rank 0 tells the driver of each. */
final class TrainingLoop {

  private final RunConfiguration configuration;
  private final RankSession session;
  private final Collectives collectives;
  private final PhaseClock clock = new PhaseClock();

  TrainingLoop(RunConfiguration configuration, RankSession session, Collectives collectives) {
    this.configuration = configuration;
    this.session = session;
    this.collectives = collectives;
  }

  /**
   * Trains all steps of a segment.
   *
   * @return matrices orthogonalized since the run began, over all ranks
   * @throws normuon.optimizer.NonFiniteGradientException if a gradient is not finite
   */
  long run(Segment segment) {
    int sequencesPerStep = configuration.train().sequencesPerStep();
    TrainStep trainStep =
        new TrainStep(session.state(), batches(), sequencesPerStep, collectives, clock);
    long cursor = segment.sequencesConsumed();
    long calls = segment.newtonSchulzCalls();
    for (long step = segment.fromStep() + 1; step <= segment.toStep(); step++) {
      StepOutcome outcome = trainStep.run(step, cursor);
      cursor += sequencesPerStep;
      calls += outcome.newtonSchulzCalls();
      if (collectives.rank() == 0) {
        RankChannel.report(segment.attemptId(), record(step, cursor, outcome, calls));
      }
    }
    return calls;
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

  private StepRecord record(long step, long cursor, StepOutcome outcome, long calls) {
    int context = configuration.model().context();
    double rate = session.state().rules().schedule().multiplier(step);
    double stepMilliseconds = clock.stepMilliseconds();
    long stepTokens = (long) configuration.train().sequencesPerStep() * context;
    return new StepRecord(
        (int) step,
        outcome.loss(),
        rate * peakLearningRate(),
        cursor * context,
        outcome.gradientNorm(),
        stepMilliseconds,
        clock.milliseconds(Phase.DATA),
        clock.milliseconds(Phase.BACKWARD),
        clock.milliseconds(Phase.REDUCE),
        clock.milliseconds(Phase.COLLECT),
        clock.milliseconds(Phase.ORTHOGONALIZE),
        clock.milliseconds(Phase.BROADCAST),
        clock.milliseconds(Phase.APPLY),
        1000 * stepTokens / stepMilliseconds,
        calls);
  }

  /** That of the hidden matrices. */
  private double peakLearningRate() {
    return switch (configuration.optimizer().name()) {
      case NORMUON, MUON -> configuration.optimizer().learningRate();
      case ADAMW -> configuration.optimizer().adamw().learningRate();
    };
  }
}
