package normuon.job.metrics;

import normuon.job.report.StepRecord;
import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * A training step is done: for listeners, which get it in {@code onOtherEvent}, and for the event
 * log.
 *
 * @param time when the driver heard of it, in milliseconds since 1970
 * @param step as in {@code metrics.jsonl}
 */
public record StepEvent(long time, StepRecord step) implements SparkListenerEvent {}
