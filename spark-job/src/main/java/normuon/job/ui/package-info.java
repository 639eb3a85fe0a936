/**
 * The tab "Training" of Spark's web interface. It may import {@code normuon.job.charts}, {@code
 * normuon.job.report} and {@code normuon.job.config}; only {@code SparkTab} touches what is private
 * to Spark.
 */
package normuon.job.ui;
