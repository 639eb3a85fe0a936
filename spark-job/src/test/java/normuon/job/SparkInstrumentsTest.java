package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import normuon.job.metrics.CheckpointEvent;
import normuon.job.metrics.EvaluationEvent;
import normuon.job.metrics.StepEvent;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.util.JsonProtocol;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

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
            Map.of(
                "spark.eventLog.enabled", "true",
                "spark.eventLog.dir", Files.createDirectory(folder.resolve("events")).toString(),
                "spark.eventLog.compress", "false"),
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

  @Test
  void eventLogHoldsEveryStepEvaluationAndCheckpoint() throws IOException {
    List<String> lines = eventLog();
    List<SparkListenerEvent> events =
        lines.stream()
            .filter(line -> line.contains("\"Event\":\"normuon."))
            .map(JsonProtocol::sparkEventFromJson)
            .toList();

    assertThat(events).hasSize(40 + 2 + 2);
    List<JsonNode> steps = open.run().metrics("loss");
    List<StepEvent> stepEvents =
        events.stream().filter(StepEvent.class::isInstance).map(StepEvent.class::cast).toList();
    assertThat(stepEvents).extracting(event -> event.step().step()).isSorted().hasSize(40);
    for (StepEvent event : stepEvents) {
      JsonNode written = steps.get(event.step().step() - 1);
      assertThat(event.step().loss()).isEqualTo(written.get("loss").asDouble());
      assertThat(event.step().backwardMs()).isEqualTo(written.get("backward_ms").asDouble());
    }
    assertThat(events)
        .filteredOn(CheckpointEvent.class::isInstance)
        .extracting(event -> ((CheckpointEvent) event).step())
        .containsExactly(20, 40);
    assertThat(events)
        .filteredOn(EvaluationEvent.class::isInstance)
        .extracting(event -> ((EvaluationEvent) event).evaluation().validationLoss())
        .containsExactlyElementsOf(
            open.run().metrics("validation_loss").stream()
                .map(line -> line.get("validation_loss").asDouble())
                .toList());
    assertThat(lines)
        .as("the names of metrics.jsonl, for those who read the log without our classes")
        .anyMatch(line -> line.contains("\"learning_rate\":") && line.contains("\"grad_norm\":"));
  }

  @Test
  void trainingTabDrawsTheCurve() throws Exception {
    assertThat(open.page("/jobs/")).as("the tabs").contains("/training/\">Training</a>");
    Element chart = chart();
    List<JsonNode> steps = open.run().metrics("loss");
    List<JsonNode> evaluations = open.run().metrics("validation_loss");

    String[] points =
        ((Element) chart.getElementsByTagName("polyline").item(0))
            .getAttribute("points")
            .split(" ");
    assertThat(points).hasSameSizeAs(steps);
    double firstX = coordinate(points[0], 0);
    double firstY = coordinate(points[0], 1);
    double firstLoss = steps.get(0).get("loss").asDouble();
    double width = coordinate(points[39], 0) - firstX;
    double height =
        (coordinate(points[39], 1) - firstY) / (firstLoss - last(steps).get("loss").asDouble());
    assertThat(width).isPositive();
    assertThat(height).as("the loss falls, and is drawn so").isPositive();
    for (int index = 0; index < 40; index++) {
      double fallen = firstLoss - steps.get(index).get("loss").asDouble();
      assertThat(coordinate(points[index], 0)).isCloseTo(firstX + index * width / 39, within(0.1));
      assertThat(coordinate(points[index], 1)).isCloseTo(firstY + fallen * height, within(0.1));
    }
    NodeList dots = chart.getElementsByTagName("circle");
    assertThat(dots.getLength()).isEqualTo(2);
    for (int index = 0; index < 2; index++) {
      double loss = evaluations.get(index).get("validation_loss").asDouble();
      assertThat(dots.item(index).getTextContent())
          .isEqualTo("validation loss after step %d: %.4f", 20 * (index + 1), loss);
    }
  }

  @Test
  void trainingTabShowsPhasesRanksAndCheckpoint() throws Exception {
    String page = open.page("/training/");
    JsonNode step = last(open.run().metrics("loss"));

    assertThat(page)
        .contains("finished, step 40 of 40")
        .contains("<strong>Training loss:</strong> %.4f".formatted(step.get("loss").asDouble()))
        .contains(
            "<strong>Learning rate:</strong> %.3g".formatted(step.get("learning_rate").asDouble()))
        .contains("<strong>Last checkpoint:</strong> after step 40, ")
        .contains("<td>backward</td><td>%.2f</td>".formatted(step.get("backward_ms").asDouble()))
        .contains(
            "<tr><td>0</td><td>127.0.0.1</td><td>driver</td><td>cpu</td><td>40</td>",
            "<tr><td>1</td><td>127.0.0.1</td><td>driver</td><td>cpu</td><td>40</td>");
  }

  private static Element chart() throws Exception {
    Matcher picture =
        Pattern.compile("<svg.*</svg>", Pattern.DOTALL).matcher(open.page("/training/"));
    assertThat(picture.find()).isTrue();
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(picture.group())))
        .getDocumentElement();
  }

  private static double coordinate(String point, int index) {
    return Double.parseDouble(point.split(",")[index]);
  }

  /** The log's lines once the last checkpoint, which the driver tells of last, is in it. */
  private static List<String> eventLog() {
    return Awaitility.await()
        .until(
            SparkInstrumentsTest::writtenEvents,
            lines ->
                lines.stream()
                    .anyMatch(line -> line.contains("CheckpointEvent") && line.contains(":40")));
  }

  private static List<String> writtenEvents() throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder.resolve("events"))) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        lines.addAll(Files.readAllLines(file));
      }
    }
    return lines;
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
