package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Spark's own instruments show of a real run, beside what the run itself has written. */
class SparkInstrumentsTest {

  private static final Pattern GAUGE =
      Pattern.compile(
          "metrics_normuon_driver_plugin_normuon_job_metrics_MetricsPlugin_(\\w+)_Value"
              + "\\{type=\"gauges\"\\} (\\S+)");

  @TempDir private static Path folder;

  private static OpenRun open;

  @BeforeAll
  static void train() throws IOException {
    open =
        OpenRun.train(
            folder,
            Map.of(),
            "train.steps=40",
            "checkpoint.every_steps=20",
            "evaluate.every_steps=20");
    open.run().requireSucceeded();
  }

  @AfterAll
  static void close() {
    open.close();
  }

  @Test
  void prometheusReadsWhatTheMetricsFileSays() throws Exception {
    Map<String, Double> gauges = gauges();
    JsonNode step = last(open.run().metrics("loss"));
    JsonNode evaluation = last(open.run().metrics("validation_loss"));

    step.fieldNames()
        .forEachRemaining(
            name ->
                assertThat(gauges)
                    .as("of %s", step)
                    .containsEntry(name, step.get(name).asDouble()));
    assertThat(gauges)
        .containsEntry("step", 40.0)
        .containsEntry("validation_step", 40.0)
        .containsEntry("validation_loss", evaluation.get("validation_loss").asDouble())
        .containsEntry("checkpoint_step", 40.0);
    assertThat(gauges.get("checkpoint_age_seconds")).isBetween(0.0, 600.0);
  }

  @Test
  void everyRankShowsItsPhasesMemoryAndExchange() throws Exception {
    Map<String, Double> gauges = gauges();

    for (int rank = 0; rank < 2; rank++) {
      String prefix = "rank_" + rank + "_";
      assertThat(gauges).containsEntry(prefix + "step", 40.0);
      double phases =
          gauges.get(prefix + "data_ms")
              + gauges.get(prefix + "backward_ms")
              + gauges.get(prefix + "reduce_ms")
              + gauges.get(prefix + "collect_ms")
              + gauges.get(prefix + "orthogonalize_ms")
              + gauges.get(prefix + "broadcast_ms")
              + gauges.get(prefix + "apply_ms");
      assertThat(phases).isPositive().isLessThanOrEqualTo(gauges.get(prefix + "step_ms") + 1e-6);
      assertThat(gauges.get(prefix + "resident_bytes")).isGreaterThan(50e6);
      assertThat(gauges.get(prefix + "exchange_megabytes_per_second")).isPositive();
    }
    double sent = gauges.get("rank_0_bytes_sent");
    assertThat(sent).isGreaterThan(100_000);
    assertThat(gauges.get("rank_1_bytes_received"))
        .as("what rank 0 has sent; it may have gone on to the evaluation")
        .isBetween(sent, sent + 1000);
    assertThat(gauges).doesNotContainKey("rank_2_step");
  }

  private static Map<String, Double> gauges() throws Exception {
    return GAUGE
        .matcher(open.page("/metrics/prometheus/"))
        .results()
        .collect(
            Collectors.toMap(
                (MatchResult line) -> line.group(1), line -> Double.valueOf(line.group(2))));
  }

  private static JsonNode last(List<JsonNode> lines) {
    return lines.get(lines.size() - 1);
  }
}
