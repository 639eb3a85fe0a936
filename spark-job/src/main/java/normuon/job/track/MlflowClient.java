package normuon.job.track;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The requests of MLflow's REST interface (mlflow.org/docs/latest/rest-api.html) that tracking a
 * run needs. Java's own HTTP client makes them; MLflow's library for Java brings 8.6 MB of classes
 * for the same five.
 */
final class MlflowClient {

  /** The server's limit on the metrics of one request. */
  static final int MOST_METRICS = 1000;

  /** The server's limit on the parameters, and on the tags, of one request. */
  static final int MOST_ENTRIES = 100;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final URI server;
  private final Optional<String> token;
  private final Duration deadline;
  private final HttpClient http;

  /** How a run is doing, in MLflow's words. */
  enum RunStatus {
    RUNNING,
    FINISHED,
    FAILED,
    KILLED
  }

  /** One number of a run. */
  record Metric(String key, double value, long timestamp, long step) {}

  /**
   * Creates the client; nothing is sent yet.
   *
   * @param server address of the tracking server
   * @param token sent with every request, if there is one
   * @param deadline longest wait for an answer
   */
  MlflowClient(URI server, Optional<String> token, Duration deadline) {
    this.server = server;
    this.token = token;
    this.deadline = deadline;
    // Asking to upgrade to HTTP/2, as is the default, confuses some proxies.
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(deadline)
            .build();
  }

  /** The identity of an experiment, which is created if there is none of the name. */
  String experiment(String name) throws IOException {
    String query = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    Optional<JsonNode> known =
        ask(request("experiments/get-by-name?experiment_name=" + query).GET());
    JsonNode experiment =
        known.isPresent()
            ? known.orElseThrow().path("experiment")
            : post("experiments/create", MAPPER.createObjectNode().put("name", name));
    return experiment.path("experiment_id").asText();
  }

  /** Creates a run and returns its identity. */
  String createRun(String experiment, String name, long startTime) throws IOException {
    ObjectNode body =
        MAPPER
            .createObjectNode()
            .put("experiment_id", experiment)
            .put("run_name", name)
            .put("start_time", startTime);
    return post("runs/create", body).path("run").path("info").path("run_id").asText();
  }

  /**
   * Says how a run is doing.
   *
   * @return whether the server knows the run
   */
  boolean update(String run, RunStatus status, long time) throws IOException {
    ObjectNode body = MAPPER.createObjectNode().put("run_id", run).put("status", status.name());
    if (status != RunStatus.RUNNING) {
      body.put("end_time", time);
    }
    return ask(posting("runs/update", body)).isPresent();
  }

  /** Adds numbers to a run, at most {@link #MOST_METRICS}. */
  void logMetrics(String run, List<Metric> metrics) throws IOException {
    ObjectNode body = MAPPER.createObjectNode().put("run_id", run);
    body.set("metrics", MAPPER.valueToTree(metrics));
    post("runs/log-batch", body);
  }

  /** Adds parameters, or tags, to a run: at most {@link #MOST_ENTRIES}. */
  void logEntries(String run, String kind, Map<String, String> entries) throws IOException {
    ObjectNode body = MAPPER.createObjectNode().put("run_id", run);
    var list = body.putArray(kind);
    entries.forEach((key, value) -> list.addObject().put("key", key).put("value", value));
    post("runs/log-batch", body);
  }

  private JsonNode post(String path, ObjectNode body) throws IOException {
    return ask(posting(path, body))
        .orElseThrow(() -> new IllegalStateException("Cannot find " + path + " of " + server));
  }

  private HttpRequest.Builder posting(String path, ObjectNode body) {
    return request(path)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
  }

  private HttpRequest.Builder request(String path) {
    String base = server.toString().replaceAll("/+$", "");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + "/api/2.0/mlflow/" + path)).timeout(deadline);
    token.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
    return request;
  }

  /**
   * Sends a request.
   *
   * @return the answer; empty if what it names does not exist
   * @throws IOException if the server does not answer, or later may
   * @throws IllegalStateException if it refuses the request
   */
  private Optional<JsonNode> ask(HttpRequest.Builder request) throws IOException {
    HttpResponse<String> response;
    try {
      response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", stopping);
    }
    int status = response.statusCode();
    if (status == 404) {
      return Optional.empty();
    } else if (status >= 500 || status == 408 || status == 429) {
      throw new IOException("status " + status);
    } else if (status >= 300) {
      throw new IllegalStateException(
          "%s refuses a request with status %d: %s"
              .formatted(server, status, response.body().strip()));
    }
    return Optional.of(parse(response.body()));
  }

  private static JsonNode parse(String json) throws IOException {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException malformed) {
      throw new IOException("an answer that is no JSON", malformed);
    }
  }
}
