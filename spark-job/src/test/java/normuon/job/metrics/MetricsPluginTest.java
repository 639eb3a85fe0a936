package normuon.job.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.RankRecord;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import org.apache.spark.SparkConf;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;

class MetricsPluginTest {

  private static final RunStart START =
      new RunStart(500, 1, 1, 1, OptionalDouble.empty(), "plan", "routing");

  private final MetricRegistry registry = new MetricRegistry();

  @Test
  void executorShowsItsOwnRank() {
    new MetricsPlugin().executorPlugin().init(new Context("7"), Map.of());
    assertThat(gauges())
        .as("before the first step")
        .containsOnlyKeys("resident_bytes")
        .allSatisfy((name, bytes) -> assertThat(bytes.longValue()).isGreaterThan(20_000_000));

    MetricsPlugin.show(rank(3, 4));

    assertThat(gauges())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "rank",
                3,
                "world_size",
                4,
                "step",
                12,
                "step_ms",
                30.5,
                "backward_ms",
                20.25,
                "collect_ms",
                10.25,
                "resident_bytes",
                1L << 30,
                "bytes_sent",
                5000L,
                "bytes_received",
                6000L,
                "exchange_megabytes_per_second",
                700.0));
  }

  @Test
  void localExecutorLeavesTheNamesToTheDriver() {
    new MetricsPlugin().executorPlugin().init(new Context("driver"), Map.of());
    MetricsPlugin.show(rank(0, 1));

    assertThat(gauges()).isEmpty();
  }

  @Test
  void ranksThatAreGoneAndRunsThatAreOverLeaveNoGauge() {
    new MetricsPlugin().driverPlugin().registerMetrics("application", new Context("driver"));
    RunReporter reporter = MetricsPlugin.driverGauges();
    reporter.started(START);
    assertThat(gauges())
        .containsEntry("checkpoint_step", 500)
        .containsEntry("checkpoint_age_seconds", Double.NaN);

    reporter.rank(rank(0, 3));
    reporter.rank(rank(2, 3));
    assertThat(gauges()).containsEntry("rank.2.step", 12);
    reporter.rank(rank(0, 2));
    assertThat(gauges()).containsEntry("rank.0.world_size", 2).doesNotContainKey("rank.2.step");

    reporter.checkpointed(600);
    reporter.evaluated(new EvaluationRecord(600, 1.5, 100));
    assertThat(gauges())
        .containsEntry("checkpoint_step", 600)
        .containsEntry("validation_step", 600)
        .containsEntry("validation_loss", 1.5);
    assertThat(gauges().get("checkpoint_age_seconds").doubleValue()).isBetween(0.0, 60.0);

    reporter.started(START);
    assertThat(gauges()).containsOnlyKeys("checkpoint_step", "checkpoint_age_seconds");
  }

  private Map<String, Number> gauges() {
    Map<String, Number> values = new TreeMap<>();
    registry.getGauges().forEach((name, gauge) -> values.put(name, (Number) gauge.getValue()));
    return values;
  }

  private static RankRecord rank(int rank, int worldSize) {
    Map<String, Double> phases = Map.of("backward", 20.25, "collect", 10.25);
    return new RankRecord(
        rank, worldSize, "host", "7", "cpu", 12, 30.5, phases, 1L << 30, 5000, 6000, 700);
  }

  /** What Spark tells a plugin, as far as it matters here. */
  private final class Context implements PluginContext {

    private final String executor;

    Context(String executor) {
      this.executor = executor;
    }

    @Override
    public MetricRegistry metricRegistry() {
      return registry;
    }

    @Override
    public SparkConf conf() {
      return new SparkConf(false);
    }

    @Override
    public String executorID() {
      return executor;
    }

    @Override
    public String hostname() {
      return "localhost";
    }

    @Override
    public Map<String, ResourceInformation> resources() {
      return Map.of();
    }

    @Override
    public void send(Object message) {
      throw new UnsupportedOperationException("send");
    }

    @Override
    public Object ask(Object message) {
      throw new UnsupportedOperationException("ask");
    }
  }
}
