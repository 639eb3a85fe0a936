package normuon.job.track;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.StreamSupport;

/** Answers as an MLflow tracking server does, and keeps what it was asked. */
public final class MlflowServer implements AutoCloseable {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String PREFIX = "/api/2.0/mlflow/";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final List<String> experiments = new ArrayList<>();
  private final List<String> runs = new ArrayList<>();
  private volatile int status = 200;

  /** One request. */
  record Request(String path, String query, JsonNode body, String authorization) {}

  public MlflowServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(PREFIX, this::handle);
    server.start();
  }

  /** Its address. */
  public URI address() {
    return URI.create(
        "http://" + server.getAddress().getHostString() + ":" + server.getAddress().getPort());
  }

  /** From now on every request is answered with a status; with 0, none is. */
  void answer(int status) {
    this.status = status;
  }

  /** The requests of a path, in order. */
  public List<JsonNode> bodies(String path) {
    return requests.stream().filter(r -> r.path().equals(path)).map(Request::body).toList();
  }

  List<Request> requests() {
    return requests;
  }

  /**
   * The entries of a kind in all batches, in order: {@code metrics}, {@code params}, {@code tags}.
   */
  public List<JsonNode> logged(String kind) {
    return bodies("runs/log-batch").stream()
        .flatMap(body -> StreamSupport.stream(body.path(kind).spliterator(), false))
        .toList();
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String path = exchange.getRequestURI().getPath().substring(PREFIX.length());
    requests.add(
        new Request(
            path,
            exchange.getRequestURI().getQuery(),
            MAPPER.readTree(body.length == 0 ? "{}".getBytes(StandardCharsets.UTF_8) : body),
            exchange.getRequestHeaders().getFirst("Authorization")));
    if (status == 0) {
      return;
    }
    int code = status == 200 ? code(path, exchange, body) : status;
    byte[] answer = MAPPER.writeValueAsBytes(code == 200 ? answerTo(path, body) : Map.of());
    exchange.sendResponseHeaders(code, answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  private int code(String path, HttpExchange exchange, byte[] body) throws IOException {
    if (!known(path, exchange, body)) {
      return 404;
    }
    return takesEntries(body) ? 200 : 400;
  }

  /** As MLflow's own validation: the characters of names, and the lengths of names and values. */
  private static boolean takesEntries(byte[] body) throws IOException {
    if (body.length == 0) {
      return true;
    }
    JsonNode batch = MAPPER.readTree(body);
    for (Map.Entry<String, Integer> kind :
        Map.of("metrics", 1000, "params", 6000, "tags", 5000).entrySet()) {
      for (JsonNode entry : batch.path(kind.getKey())) {
        String key = entry.path("key").asText();
        if (!key.matches("[/\\w.\\- ]{1,250}")
            || entry.path("value").asText().length() > kind.getValue()) {
          return false;
        }
      }
    }
    return true;
  }

  private synchronized boolean known(String path, HttpExchange exchange, byte[] body)
      throws IOException {
    return switch (path) {
      case "experiments/get-by-name" ->
          experiments.contains(exchange.getRequestURI().getQuery().split("=")[1]);
      case "runs/update", "runs/log-batch" ->
          runs.contains(MAPPER.readTree(body).path("run_id").asText());
      default -> true;
    };
  }

  private synchronized Object answerTo(String path, byte[] body) throws IOException {
    switch (path) {
      case "experiments/get-by-name":
        return Map.of("experiment", Map.of("experiment_id", "7"));
      case "experiments/create":
        experiments.add(MAPPER.readTree(body).path("name").asText());
        return Map.of("experiment_id", "7");
      case "runs/create":
        runs.add("run" + runs.size());
        return Map.of("run", Map.of("info", Map.of("run_id", runs.get(runs.size() - 1))));
      default:
        return Map.of();
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
