/**
 * The report of runs for people: one HTML page with every picture in it as SVG. It may import
 * {@code normuon.job.report} and {@code normuon.job.config}.
 */
package normuon.job.charts;
