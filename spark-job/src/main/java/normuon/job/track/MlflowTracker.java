package normuon.job.track;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import normuon.job.config.RunConfiguration;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.RunDirectory;
import normuon.job.report.RunReporter;
import normuon.job.report.RunStart;
import normuon.job.report.RunStoppedException;
import normuon.job.report.RunSummary;
import normuon.job.report.Status;
import normuon.job.report.StepDiagnostics;
import normuon.job.report.StepRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows a run in MLflow: its configuration as parameters, where it comes from as tags, its numbers
 * as metrics, sent in batches. A run that goes on stays the same MLflow run, whose identity lies in
 * the run directory.
 *
 * <p>It waits for answers: put it behind a {@link BackgroundObserver}. A server that does not
 * answer is said once and asked again later; numbers wait so long, the oldest of too many are lost.
 */
public final class MlflowTracker implements RunReporter {

  private static final Logger LOG = LoggerFactory.getLogger(MlflowTracker.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String TOKEN = "MLFLOW_TRACKING_TOKEN";
  private static final Duration LONGEST_ANSWER = Duration.ofSeconds(10);
  private static final int MOST_WAITING = 100_000;
  private static final int LONGEST_NAME = 250;
  private static final int LONGEST_PARAMETER = 6000;
  private static final int LONGEST_TAG = 5000;
  private static final long BETWEEN_BATCHES_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long AFTER_FAILURE_NANOS = Duration.ofSeconds(60).toNanos();

  private final MlflowClient client;
  private final RunConfiguration configuration;
  private final RunDirectory directory;
  private final BooleanSupplier mayWrite;
  private final Deque<MlflowClient.Metric> waiting = new ArrayDeque<>();
  private final Map<String, String> parameters = new LinkedHashMap<>();
  private final Map<String, String> tags = new LinkedHashMap<>();
  private Optional<String> run = Optional.empty();
  private MlflowClient.RunStatus end = MlflowClient.RunStatus.KILLED;
  private long startTime;
  private boolean failureSaid;
  private long due = System.nanoTime();

  /**
   * The tracker of a run whose configuration names a server. The token is that of MLflow's own
   * clients, from the environment.
   *
   * @param configuration the run's
   * @param directory the run directory
   * @param environment the environment variables
   * @param mayWrite whether the run is still this process's
   */
  public static MlflowTracker of(
      RunConfiguration configuration,
      RunDirectory directory,
      Map<String, String> environment,
      BooleanSupplier mayWrite) {
    return new MlflowTracker(
        new MlflowClient(
            URI.create(configuration.report().mlflowTrackingUri()),
            Optional.ofNullable(environment.get(TOKEN)),
            LONGEST_ANSWER),
        configuration,
        directory,
        mayWrite);
  }

  /**
   * Creates the tracker; nothing is sent before the run starts.
   *
   * @param client sends
   * @param configuration the run's, which names the experiment
   * @param directory the run directory
   * @param mayWrite whether the run is still this process's; where not, nothing is sent
   */
  MlflowTracker(
      MlflowClient client,
      RunConfiguration configuration,
      RunDirectory directory,
      BooleanSupplier mayWrite) {
    this.client = client;
    this.configuration = configuration;
    this.directory = directory;
    this.mayWrite = mayWrite;
  }

  @Override
  public void started(RunStart start) {
    startTime = System.currentTimeMillis();
    tag("run_directory", configuration.run().directory());
    tag("parameters", Long.toString(start.parameters()));
    tag("training_tokens", Long.toString(start.trainingTokens()));
    tag("validation_tokens", Long.toString(start.validationTokens()));
    attempt(this::sendAll);
  }

  @Override
  public void step(StepRecord step) {
    add(step.step(), Scalars.of(step));
  }

  @Override
  public void diagnosed(StepDiagnostics diagnostics) {
    add(diagnostics.step(), Scalars.of(diagnostics));
  }

  @Override
  public void evaluated(EvaluationRecord evaluation) {
    add(evaluation.step(), Scalars.of(evaluation));
  }

  private void add(int step, Map<String, Double> scalars) {
    long now = System.currentTimeMillis();
    scalars.forEach(
        (name, value) ->
            waiting.addLast(new MlflowClient.Metric(accepted(name), value, now, step)));
    while (waiting.size() > MOST_WAITING) {
      waiting.removeFirst();
    }
    if (System.nanoTime() - due >= 0) {
      attempt(this::sendAll);
    }
  }

  /** The checkpoint's manifest says where the run's text comes from. */
  @Override
  public void checkpointed(int step) {
    String folder = "checkpoints/step-%08d".formatted(step);
    tag("checkpoint", folder);
    directory.read(folder + "/manifest.json").ifPresent(this::tagProvenance);
  }

  private void tagProvenance(String manifest) {
    try {
      JsonNode provenance = MAPPER.readTree(manifest).path("provenance");
      provenance
          .properties()
          .forEach(
              entry -> {
                // A checksum for each of what may be thousands of token shards.
                if (!entry.getKey().startsWith("tokens.")) {
                  tag(entry.getKey(), entry.getValue().asText());
                }
              });
    } catch (IOException malformed) {
      throw new UncheckedIOException("Cannot read the manifest of a checkpoint", malformed);
    }
  }

  @Override
  public void failed(Throwable failure) {
    if (failure instanceof RunStoppedException stopped && stopped.status() == Status.DIVERGED) {
      end = MlflowClient.RunStatus.FAILED;
    }
  }

  @Override
  public void finished(RunSummary summary) {
    end = MlflowClient.RunStatus.FINISHED;
  }

  @Override
  public void close() {
    if (startTime > 0) {
      attempt(
          () -> {
            sendAll();
            client.update(identity(), end, System.currentTimeMillis());
          });
    }
  }

  private interface Exchange {
    void run() throws IOException;
  }

  /**
   * Asks the server, or says that it does not answer; it is asked again after a while. A run that
   * another process goes on with is that one's to tell of.
   */
  private void attempt(Exchange exchange) {
    if (!mayWrite.getAsBoolean()) {
      return;
    }
    try {
      exchange.run();
      due = System.nanoTime() + BETWEEN_BATCHES_NANOS;
    } catch (IOException unanswered) {
      due = System.nanoTime() + AFTER_FAILURE_NANOS;
      if (!failureSaid) {
        LOG.warn("Cannot reach MLflow, training goes on: {}", unanswered.toString());
        failureSaid = true;
      }
    }
  }

  private void sendAll() throws IOException {
    String identity = identity();
    sendEntries(identity, "params", parameters);
    sendEntries(identity, "tags", tags);
    while (!waiting.isEmpty()) {
      List<MlflowClient.Metric> batch = waiting.stream().limit(MlflowClient.MOST_METRICS).toList();
      client.logMetrics(identity, batch);
      batch.forEach(sent -> waiting.removeFirst());
    }
  }

  private void sendEntries(String identity, String kind, Map<String, String> entries)
      throws IOException {
    while (!entries.isEmpty()) {
      Map<String, String> batch = new LinkedHashMap<>();
      entries.entrySet().stream()
          .limit(MlflowClient.MOST_ENTRIES)
          .forEach(entry -> batch.put(entry.getKey(), entry.getValue()));
      client.logEntries(identity, kind, batch);
      entries.keySet().removeAll(batch.keySet());
    }
  }

  private String identity() throws IOException {
    if (run.isEmpty()) {
      run = Optional.of(begin());
    }
    return run.orElseThrow();
  }

  /** The run that the run directory names, if the server knows it, else a new one. */
  private String begin() throws IOException {
    MlflowRunFile file = new MlflowRunFile(directory, configuration.report());
    Optional<String> recorded = file.read();
    if (recorded.isPresent()
        && client.update(recorded.orElseThrow(), MlflowClient.RunStatus.RUNNING, startTime)) {
      return recorded.orElseThrow();
    }
    String experiment = client.experiment(configuration.report().mlflowExperiment());
    String created = client.createRun(experiment, configuration.runName(), startTime);
    file.write(created);
    configuration.settings().forEach(this::addParameter);
    return created;
  }

  /** The server has no empty parameters, and none of more than so many characters. */
  private void addParameter(String key, String value) {
    if (!value.isEmpty()) {
      parameters.put(accepted(key), cut(value, LONGEST_PARAMETER));
    }
  }

  private void tag(String name, String value) {
    tags.put(accepted("normuon." + name), cut(value, LONGEST_TAG));
  }

  /** The name as the server takes it: {@code data.sources.0.version} for the first of a list. */
  private static String accepted(String name) {
    String plain = name.replace("[", ".").replace("]", "").replaceAll("[^\\w.\\- /]", "_");
    return cut(plain, LONGEST_NAME);
  }

  private static String cut(String text, int longest) {
    return text.substring(0, Math.min(longest, text.length()));
  }
}
