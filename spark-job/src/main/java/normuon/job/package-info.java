/**
 * The command line: {@code Main}, one class per command, the Spark session, and how a process ends.
 * It stands above every other package of the job.
 */
package normuon.job;
