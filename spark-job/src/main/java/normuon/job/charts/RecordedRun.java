package normuon.job.charts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import normuon.job.config.RunConfiguration;
import normuon.job.report.DiagnosticsLog;
import normuon.job.report.EvaluationRecord;
import normuon.job.report.MetricsLog;
import normuon.job.report.RunDirectory;
import normuon.job.report.RunReport;
import normuon.job.report.StatusFile;
import normuon.job.report.ValidationCurve;

/**
 * A run as its directory tells it. Whatever is missing there is empty.
 *
 * @param name what the report calls it
 * @param configuration its settings
 * @param steps the numbers of its steps
 * @param evaluations of the validation split, in the order of their steps
 * @param attempts how often it went on otherwise than it began
 * @param measurements what its optimizer told of itself
 * @param routing which rule updates what, and which rank orthogonalizes how much
 * @param status how it ended
 * @param provenance where its last checkpoint comes from
 */
record RecordedRun(
    String name,
    Optional<RunConfiguration> configuration,
    StepTable steps,
    List<EvaluationRecord> evaluations,
    int attempts,
    Measurements measurements,
    Routing routing,
    Optional<StatusFile> status,
    Map<String, String> provenance) {

  private static final String LATEST = "checkpoints/latest";

  /** Reads a run directory. */
  static RecordedRun read(String name, RunDirectory directory) {
    Lines lines = new Lines();
    directory.forEachLine(
        MetricsLog.FILE_NAME, line -> JsonLines.parse(line).ifPresent(lines::add));
    Measurements measurements = new Measurements();
    directory.forEachLine(DiagnosticsLog.FILE_NAME, measurements::addLine);
    measurements.end();
    return new RecordedRun(
        name,
        directory.configuration(),
        lines.steps,
        List.copyOf(lines.evaluations.values()),
        lines.attempts,
        measurements,
        Routing.of(directory.read(RunReport.ROUTING_FILE_NAME).orElse("")),
        StatusFile.read(directory),
        provenance(directory));
  }

  /** The course of the validation loss; empty before the first evaluation. */
  Optional<ValidationCurve> validation() {
    return evaluations.isEmpty() ? Optional.empty() : Optional.of(ValidationCurve.of(evaluations));
  }

  /** The validation loss by steps. */
  Series validationSeries() {
    return new Series(
        evaluations.stream().mapToDouble(EvaluationRecord::step).toArray(),
        evaluations.stream().mapToDouble(EvaluationRecord::validationLoss).toArray());
  }

  /** A column of the metrics, without the steps that were refused or do not have it. */
  Series series(String column) {
    return steps.series(column).finite();
  }

  /** The steps that changed nothing, as their gradient was not finite. */
  double[] refusedSteps() {
    Series norms = steps.series("grad_norm");
    return IntStream.range(0, norms.steps().length)
        .filter(i -> !Double.isFinite(norms.values()[i]))
        .mapToDouble(i -> norms.steps()[i])
        .toArray();
  }

  private static Map<String, String> provenance(RunDirectory directory) {
    Map<String, String> provenance = new LinkedHashMap<>();
    directory
        .read(LATEST)
        .map(String::strip)
        .filter(folder -> folder.matches("step-\\d+"))
        .flatMap(folder -> directory.read("checkpoints/" + folder + "/manifest.json"))
        .flatMap(JsonLines::parse)
        .ifPresent(
            manifest ->
                manifest
                    .path("provenance")
                    .fields()
                    .forEachRemaining(
                        field -> provenance.put(field.getKey(), field.getValue().asText())));
    return provenance;
  }

  /** What the lines of a log say, where later lines may take earlier ones back. */
  private static final class Lines {

    private final StepTable steps = new StepTable();
    private final TreeMap<Integer, EvaluationRecord> evaluations = new TreeMap<>();
    private int attempts;

    void add(JsonNode line) {
      int step = line.path("step").asInt(-1);
      if (line.has("loss") && step > 0) {
        evaluations.tailMap(step).clear();
        steps.add(line);
      } else if (line.path("validation_loss").isNumber() && step >= 0) {
        double loss = line.path("validation_loss").asDouble();
        evaluations.put(
            step, new EvaluationRecord(step, loss, line.path("validation_tokens").asLong()));
      } else if (line.has("reason")) {
        attempts++;
        steps.forgetFrom(step + 1);
        evaluations.tailMap(step, false).clear();
      }
    }
  }
}
