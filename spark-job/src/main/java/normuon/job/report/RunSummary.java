package normuon.job.report;

import java.time.Duration;

/**
 * How a run that made all its steps ended.
 *
 * @param duration wall time of this attempt, from its first step to its last evaluation
 * @param tokensPerSecond tokens per second of this attempt, over all ranks
 * @param evaluation the evaluation of the final weights
 * @param checkpoint where the final checkpoint is
 * @param sample text that the model wrote; empty for none
 */
public record RunSummary(
    Duration duration,
    double tokensPerSecond,
    EvaluationRecord evaluation,
    String checkpoint,
    String sample) {}
