package normuon.job;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import normuon.job.config.RunConfiguration;
import normuon.job.config.SourceSettings;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.KryoSerializer;

/** What the job needs of Spark, whatever the user's settings are. */
final class SparkSettings {

  private static final String RENDEZVOUS_PLUGIN = "normuon.job.comm.RendezvousPlugin";
  private static final String METRICS_PLUGIN = "normuon.job.metrics.MetricsPlugin";

  private static final String PROMETHEUS_SINK = "spark.metrics.conf.driver.sink.prometheusServlet.";

  /** Larger native arrays are mapped one by one, so that what is freed leaves the process. */
  private static final String LARGE_ARRAY_BYTES = "1048576";

  /** What a process keeps of smaller ones that were freed; 128 KiB where only the other is set. */
  private static final String KEPT_BYTES = "67108864";

  private SparkSettings() {}

  /**
   * The settings for a session that prepares tokens and does not train: nothing of ours takes part
   * in it but the tables' formats, so that an accelerator's plugin has it for itself.
   *
   * @param environment the environment variables, which tell of the terminal
   */
  static SparkConf ofPreparation(
      SparkConf user, List<SourceSettings> sources, Map<String, String> environment) {
    SparkConf spark = user.clone();
    spark.setIfMissing("spark.app.name", "normuon");
    spark.setIfMissing(
        "spark.ui.showConsoleProgress",
        Boolean.toString("1".equals(environment.get("NORMUON_TERMINAL"))));
    spark.setIfMissing("spark.executorEnv.DJL_OFFLINE", "true");
    TableFormats.add(spark, sources);
    return spark;
  }

  /** The settings for the session of a run: the user's, and over them those the job depends on. */
  static SparkConf prepare(SparkConf user, RunConfiguration configuration) {
    SparkConf spark = user.clone();
    spark.setIfMissing("spark.app.name", "normuon");
    TableFormats.add(spark, configuration.data().sources());
    spark.set("spark.serializer", KryoSerializer.class.getName());
    // Delta and Iceberg send classes of their own.
    spark.set(
        "spark.kryo.registrationRequired",
        Boolean.toString(configuration.data().sources().isEmpty()));
    append(spark, "spark.kryo.registrator", KryoRegistration.class.getName());
    append(spark, "spark.plugins", RENDEZVOUS_PLUGIN);
    append(spark, "spark.plugins", METRICS_PLUGIN);
    showMetrics(spark);
    // Barrier stages refuse it (SPARK-24954).
    spark.set("spark.dynamicAllocation.enabled", "false");
    // How soon a barrier stage that found too few slots looks again; Spark's 15 s delay recovery.
    spark.set("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
    // A rank that does not stop when another has failed takes its executor with it, should the
    // driver, which ends it first, no longer be there.
    spark.setIfMissing("spark.task.reaper.enabled", "true");
    spark.setIfMissing("spark.task.reaper.killTimeout", "60s");
    // Spark's own progress bar would draw over ours.
    spark.set("spark.ui.showConsoleProgress", "false");
    spark.setIfMissing("spark.executorEnv.DJL_OFFLINE", "true");
    spark.setIfMissing(
        "spark.executorEnv.OMP_NUM_THREADS",
        Integer.toString(configuration.train().threadsPerRank()));
    spark.setIfMissing("spark.executorEnv.MALLOC_MMAP_THRESHOLD_", LARGE_ARRAY_BYTES);
    spark.setIfMissing("spark.executorEnv.MALLOC_TRIM_THRESHOLD_", KEPT_BYTES);
    return spark;
  }

  /**
   * Lets Prometheus read the metrics from the web interface, unless the user has settings of his.
   */
  private static void showMetrics(SparkConf spark) {
    // Spark's default, the application's identity, would give every run other names.
    spark.setIfMissing("spark.metrics.namespace", "${spark.app.name}");
    if (!spark.contains("spark.metrics.conf")) {
      spark.setIfMissing(
          PROMETHEUS_SINK + "class", "org.apache.spark.metrics.sink.PrometheusServlet");
      spark.setIfMissing(PROMETHEUS_SINK + "path", "/metrics/prometheus");
    }
  }

  private static void append(SparkConf spark, String list, String entry) {
    Set<String> entries = new LinkedHashSet<>(List.of(spark.get(list, "").split(",")));
    entries.remove("");
    entries.add(entry);
    spark.set(list, String.join(",", entries));
  }
}
