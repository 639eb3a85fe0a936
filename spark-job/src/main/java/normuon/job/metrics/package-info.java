/**
 * A run in Spark's own instruments: gauges in its metrics system and events in its event log. It
 * may import {@code normuon.job.report} and {@code normuon.job.config}.
 */
package normuon.job.metrics;
