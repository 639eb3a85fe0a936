/**
 * What people watch: progress, metrics, status, summary. It may import configuration, and the
 * numbers that the optimizer is measured by.
 */
package normuon.job.report;
