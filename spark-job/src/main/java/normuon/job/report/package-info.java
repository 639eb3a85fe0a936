/** What people watch: progress, metrics, status, summary. It may import configuration. */
package normuon.job.report;
