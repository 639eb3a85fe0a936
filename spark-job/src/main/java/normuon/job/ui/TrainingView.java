package normuon.job.ui;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import normuon.job.report.LiveNumbers;
import normuon.job.report.RankRecord;
import normuon.job.report.StepDiagnostics;
import normuon.job.report.StepRecord;

/**
 * A run at one moment.
 *
 * @param runDirectory its directory
 * @param state what it is doing, in a word
 * @param totalSteps the steps it is to make
 * @param last its last step; empty before the first
 * @param numbers what the terminal shows of it, too; empty before the first
 * @param diagnostics the last measurement of the optimizer; empty before the first
 * @param recentPhaseMs mean milliseconds of each phase over recent steps, by its name and in order
 * @param training the training loss
 * @param validation the loss on the validation split
 * @param lossFloor the entropy of the text in nats per token, where it is known
 * @param ranks how each rank was doing last, in order
 * @param checkpoint the last checkpoint; empty before the first
 */
record TrainingView(
    String runDirectory,
    String state,
    int totalSteps,
    Optional<StepRecord> last,
    Optional<LiveNumbers> numbers,
    Optional<StepDiagnostics> diagnostics,
    Map<String, Double> recentPhaseMs,
    List<LossCurve.Point> training,
    List<LossCurve.Point> validation,
    OptionalDouble lossFloor,
    List<RankRecord> ranks,
    Optional<Checkpoint> checkpoint) {

  /**
   * A checkpoint.
   *
   * @param step the step after which the weights were saved
   * @param time when
   */
  record Checkpoint(int step, Instant time) {}
}
