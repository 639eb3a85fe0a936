package normuon.job.track;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import normuon.job.config.ReportSettings;
import normuon.job.report.RunDirectory;

/**
 * The file {@code mlflow.json} of a run directory: which MLflow run shows it, and on what server.
 */
final class MlflowRunFile {

  /** The name of the file in the run directory. */
  static final String FILE_NAME = "mlflow.json";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final RunDirectory directory;
  private final ReportSettings settings;

  MlflowRunFile(RunDirectory directory, ReportSettings settings) {
    this.directory = directory;
    this.settings = settings;
  }

  /** The identity of the run; empty if there is none on the server and in the experiment meant. */
  Optional<String> read() {
    return directory
        .read(FILE_NAME)
        .map(MlflowRunFile::parse)
        .filter(file -> file.equals(content(file.path("run_id").asText())))
        .map(file -> file.path("run_id").asText());
  }

  /** Names another run. */
  void write(String identity) {
    directory.replace(FILE_NAME, content(identity) + "\n");
  }

  private JsonNode content(String identity) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("tracking_uri", settings.mlflowTrackingUri());
    fields.put("experiment", settings.mlflowExperiment());
    fields.put("run_id", identity);
    return MAPPER.valueToTree(fields);
  }

  private static JsonNode parse(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException malformed) {
      throw new IllegalStateException("Cannot read " + FILE_NAME + ": " + json, malformed);
    }
  }
}
