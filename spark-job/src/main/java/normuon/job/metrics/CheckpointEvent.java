package normuon.job.metrics;

import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * A checkpoint is complete: for listeners and for the event log.
 *
 * @param time when, in milliseconds since 1970
 * @param step the step after which the weights were saved
 */
public record CheckpointEvent(long time, int step) implements SparkListenerEvent {}
