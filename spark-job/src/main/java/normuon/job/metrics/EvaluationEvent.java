package normuon.job.metrics;

import normuon.job.report.EvaluationRecord;
import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * The weights were evaluated: for listeners and for the event log.
 *
 * @param time when the driver heard of it, in milliseconds since 1970
 * @param evaluation as in {@code metrics.jsonl}
 */
public record EvaluationEvent(long time, EvaluationRecord evaluation)
    implements SparkListenerEvent {}
