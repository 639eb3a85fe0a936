package normuon.job.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import normuon.job.config.RunConfiguration;
import normuon.job.report.RunDirectory;
import normuon.job.report.RunStoppedException;
import normuon.job.report.Status;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class MlflowTrackerTest {

  @TempDir private Path folder;
  private MlflowServer server;
  private Duration deadline = Duration.ofSeconds(20);
  private boolean held = true;

  @BeforeEach
  void startServer() throws IOException {
    server = new MlflowServer();
  }

  @AfterEach
  void stopServer() {
    server.close();
  }

  @Test
  void runIsShownWithItsConfigurationAndNumbers() {
    ExampleRun.tell(tracker(Optional.of("secret")), 0, 2);

    assertThat(server.requests())
        .extracting(MlflowServer.Request::path)
        .startsWith("experiments/get-by-name", "experiments/create", "runs/create")
        .endsWith("runs/update");
    assertThat(server.requests())
        .allSatisfy(request -> assertThat(request.authorization()).isEqualTo("Bearer secret"));
    assertThat(server.requests().get(0).query()).isEqualTo("experiment_name=night ly");
    JsonNode created = server.bodies("runs/create").get(0);
    assertThat(created.get("experiment_id").asText()).isEqualTo("7");
    assertThat(created.get("run_name").asText()).isEqualTo("runs/sample");
    assertThat(entries("params"))
        .containsEntry("train.steps", "600")
        .containsEntry("optimizer.adamw.beta1", "0.9")
        .containsEntry("optimizer.groups", "[]")
        .doesNotContainKey("data.tokenizer_file");
    assertThat(entries("tags"))
        .containsEntry("normuon.run_directory", "runs/sample")
        .containsEntry("normuon.parameters", "107200");
    assertThat(metric("train/loss"))
        .extracting(metric -> metric.get("step").asInt(), metric -> metric.get("value").asDouble())
        .containsExactly(tuple(1, 4.0), tuple(2, 2.0));
    assertThat(metric("validation/loss")).hasSize(1);
    assertThat(metric("row_norm_deviation_before/a")).hasSize(1);
    assertThat(server.bodies("runs/update").get(0).get("status").asText()).isEqualTo("FINISHED");
    assertThat(server.bodies("runs/update").get(0).get("end_time").asLong()).isPositive();
  }

  @Test
  void batchesAreNoLargerThanTheServerTakes() {
    ExampleRun.tell(tracker(Optional.empty()), 0, 500);

    assertThat(server.bodies("runs/log-batch"))
        .allSatisfy(
            body -> {
              assertThat(body.path("metrics").size()).isLessThanOrEqualTo(1000);
              assertThat(body.path("params").size()).isLessThanOrEqualTo(100);
            })
        .hasSizeLessThan(20);
    assertThat(metric("train/loss")).as("each step once").hasSize(500);
    assertThat(server.requests().get(0).authorization()).isNull();
  }

  @Test
  void aRunThatGoesOnStaysTheSameRun() throws IOException {
    MlflowTracker stopped = tracker(Optional.empty());
    stopped.started(ExampleRun.start(0));
    stopped.step(ExampleRun.step(1));
    stopped.close();
    assertThat(folder.resolve("mlflow.json")).content().contains("\"run_id\":\"run0\"");
    ExampleRun.tell(tracker(Optional.empty()), 1, 2);

    assertThat(server.bodies("runs/create")).hasSize(1);
    assertThat(server.bodies("runs/update"))
        .extracting(body -> body.get("status").asText())
        .containsExactly("KILLED", "RUNNING", "FINISHED");
    assertThat(metric("train/loss"))
        .extracting(metric -> metric.get("step").asInt())
        .containsExactly(1, 2);
    assertThat(server.logged("params"))
        .as("parameters that are sent again with another value are refused")
        .extracting(parameter -> parameter.get("key").asText())
        .doesNotHaveDuplicates();
  }

  @Test
  void aRunThatTheServerDoesNotKnowIsCreatedAgain() throws IOException {
    ExampleRun.tell(tracker(Optional.empty()), 0, 1);
    server.close();
    server = new MlflowServer();
    String recorded =
        Files.readString(folder.resolve("mlflow.json"))
            .replaceAll("http://[^\"]+", server.address().toString());
    Files.writeString(folder.resolve("mlflow.json"), recorded);
    ExampleRun.tell(tracker(Optional.empty()), 1, 2);

    assertThat(server.bodies("runs/create")).hasSize(1);
    assertThat(metric("train/loss")).hasSize(1);
  }

  @Test
  void checkpointTellsWhereTheTextComesFrom() throws IOException {
    Path checkpoint = Files.createDirectories(folder.resolve("checkpoints/step-00000002"));
    Files.writeString(
        checkpoint.resolve("manifest.json"),
        "{\"provenance\":{\"data.sources[0].version\":\"12\",\"tokens.train.bin\":\"ab\","
            + "\"data.sources[0].filter\":\""
            + "x".repeat(6000)
            + "\",\"data.dropped.too short: 5%\":\"3\"}}");
    ExampleRun.tell(tracker(Optional.empty()), 0, 2);

    assertThat(entries("tags"))
        .containsEntry("normuon.data.sources.0.version", "12")
        .containsEntry("normuon.data.sources.0.filter", "x".repeat(5000))
        .containsEntry("normuon.data.dropped.too short_ 5_", "3")
        .containsEntry("normuon.checkpoint", "checkpoints/step-00000002")
        .doesNotContainKey("normuon.tokens.train.bin");
  }

  @Test
  void aRunThatDivergedHasFailed() {
    MlflowTracker tracker = tracker(Optional.empty());
    tracker.started(ExampleRun.start(0));
    tracker.failed(new RunStoppedException(Status.DIVERGED, "The loss is NaN"));
    tracker.close();

    assertThat(server.bodies("runs/update").get(0).get("status").asText()).isEqualTo("FAILED");
  }

  @Test
  void aRunThatAnotherProcessHoldsIsLeftAlone() {
    MlflowTracker tracker = tracker(Optional.empty());
    tracker.started(ExampleRun.start(0));
    held = false;
    tracker.step(ExampleRun.step(1));
    tracker.close();

    assertThat(server.bodies("runs/update")).isEmpty();
    assertThat(metric("train/loss")).isEmpty();
  }

  @Test
  void whatAServerInTroubleMissedItIsToldLater() {
    server.answer(500);
    MlflowTracker tracker = tracker(Optional.empty());
    tracker.started(ExampleRun.start(0));
    tracker.step(ExampleRun.step(1));
    assertThat(server.requests()).as("asked once, and then left alone for a while").hasSize(1);
    server.answer(200);
    tracker.step(ExampleRun.step(2));
    tracker.finished(ExampleRun.summary());
    tracker.close();

    assertThat(metric("train/loss")).hasSize(2);
    assertThat(entries("params")).containsEntry("train.steps", "600");
    assertThat(server.bodies("runs/update").get(0).get("status").asText()).isEqualTo("FINISHED");
  }

  @Test
  void aServerThatRefusesIsAnError() {
    server.answer(403);

    assertThatThrownBy(() -> tracker(Optional.empty()).started(ExampleRun.start(0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("refuses a request with status 403");
  }

  @Test
  @Timeout(20)
  void aServerThatNeverAnswersHoldsNothingUp() {
    server.answer(0);
    deadline = Duration.ofMillis(300);
    ExampleRun.tell(
        new BackgroundObserver("MLflow", tracker(Optional.empty()), Duration.ofSeconds(10)),
        0,
        1000);

    assertThat(server.requests()).as("at the start and at the end").hasSize(2);
  }

  @Test
  @Timeout(20)
  void aServerThatIsNotThereHoldsNothingUp() {
    URI address = server.address();
    server.close();
    ExampleRun.tell(tracker(address, Optional.empty()), 0, 1000);

    assertThat(folder.resolve("mlflow.json")).doesNotExist();
  }

  private MlflowTracker tracker(Optional<String> token) {
    return tracker(server.address(), token);
  }

  private MlflowTracker tracker(URI address, Optional<String> token) {
    RunConfiguration configuration =
        RunConfiguration.fromYaml(
            "report: {mlflow_tracking_uri: '%s', mlflow_experiment: night ly}".formatted(address),
            "test");
    RunDirectory directory =
        new RunDirectory(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration());
    return new MlflowTracker(
        new MlflowClient(address, token, deadline), configuration, directory, () -> held);
  }

  private List<JsonNode> metric(String key) {
    return server.logged("metrics").stream()
        .filter(metric -> metric.get("key").asText().equals(key))
        .toList();
  }

  private Map<String, String> entries(String kind) {
    return server.logged(kind).stream()
        .collect(
            Collectors.toMap(
                entry -> entry.get("key").asText(),
                entry -> entry.get("value").asText(),
                (first, second) -> second));
  }
}
