package normuon.job.metrics;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.Map;
import normuon.job.report.RankRecord;
import normuon.job.report.RunReporter;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Puts the numbers of a run into Spark's metrics system, where every sink that Spark has finds
 * them. Name it in {@code spark.plugins}.
 *
 * <p>On the driver there is a gauge for each field of {@code metrics.jsonl}, the last checkpoint's
 * step and age, and those of every rank under {@code rank.N}. An executor has those of its own
 * rank. In local mode the driver is the executor, and only its gauges exist.
 */
public final class MetricsPlugin implements SparkPlugin {

  private static final String LOCAL_EXECUTOR = "driver";

  /** Of the driver that runs in this process; before there is one, a set that nobody reads. */
  private static volatile DriverGauges driver =
      new DriverGauges(new LatestValues(new MetricRegistry()));

  /** Of the executor that runs in this process, as {@link #driver}. */
  private static volatile LatestValues executor = new LatestValues(new MetricRegistry());

  /** The reporter that sets the gauges of this process's driver. */
  public static RunReporter driverGauges() {
    return driver;
  }

  /** Sets the gauges of this process's executor. Where it runs several ranks, the last one wins. */
  public static void show(RankRecord rank) {
    executor.setAll("", rank);
  }

  @Override
  public DriverPlugin driverPlugin() {
    return new Driver();
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new Executor();
  }

  private static final class Driver implements DriverPlugin {

    /** Spark shows later gauges too, of a registry that has one now. */
    @Override
    public void registerMetrics(String applicationId, PluginContext plugin) {
      MetricRegistry registry = plugin.metricRegistry();
      DriverGauges gauges = new DriverGauges(new LatestValues(registry));
      registry.register(
          "checkpoint_age_seconds", (Gauge<Double>) gauges::secondsSinceLastCheckpoint);
      driver = gauges;
    }
  }

  private static final class Executor implements ExecutorPlugin {

    @Override
    public void init(PluginContext plugin, Map<String, String> settings) {
      if (plugin.executorID().equals(LOCAL_EXECUTOR)) {
        return; // Its gauges would clash with the driver's of the same name.
      }
      LatestValues gauges = new LatestValues(plugin.metricRegistry());
      gauges.set("resident_bytes", ResidentMemory.bytes());
      executor = gauges;
    }
  }
}
