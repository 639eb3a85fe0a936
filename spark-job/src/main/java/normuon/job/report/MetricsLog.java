package normuon.job.report;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The file {@code metrics.jsonl} of a run: one JSON object per step and per evaluation. A number
 * that is not finite is null, as JSON has no other way to write it.
 */
public final class MetricsLog implements AutoCloseable {

  /** The name of the file in the run directory. */
  public static final String FILE_NAME = "metrics.jsonl";

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(new SimpleModule().addSerializer(double.class, new NumberOrNull()))
          .addMixIn(StepRecord.class, FlatLine.class)
          .build();

  private final RecordLines lines;

  /** A line has all numbers side by side. */
  private interface FlatLine {
    @JsonUnwrapped
    CurvatureRecord curvature();
  }

  private MetricsLog(RecordLines lines) {
    this.lines = lines;
  }

  /**
   * Opens the log of a run. Lines of later steps, which the run is about to make again, are
   * dropped.
   *
   * @param directory where the log is
   * @param step the last step whose lines are kept; 0 for a new run
   */
  public static MetricsLog open(RunDirectory directory, int step) {
    List<String> kept =
        directory.read(FILE_NAME).stream()
            .flatMap(String::lines)
            .filter(line -> isUpTo(step, line))
            .toList();
    directory.replace(FILE_NAME, text(kept));
    return new MetricsLog(
        directory.isLocal()
            ? new AppendedLines(directory.local(FILE_NAME))
            : new RewrittenLines(directory, FILE_NAME, kept));
  }

  /** The last step in the log of a run directory; 0 if there is none. */
  public static int lastStep(RunDirectory directory) {
    return directory.read(FILE_NAME).stream()
        .flatMap(String::lines)
        .map(MetricsLog::step)
        .flatMapToInt(OptionalInt::stream)
        .max()
        .orElse(0);
  }

  /**
   * The evaluations in the log of a run directory, by their steps. Of several of one step the last
   * counts; one whose loss is not finite is left out.
   */
  public static List<EvaluationRecord> evaluations(RunDirectory directory) {
    Map<Integer, EvaluationRecord> evaluations = new TreeMap<>();
    read(directory).stream()
        .filter(line -> line.path("validation_loss").isNumber())
        .forEach(
            line ->
                evaluations.put(
                    line.path("step").asInt(),
                    new EvaluationRecord(
                        line.path("step").asInt(),
                        line.path("validation_loss").asDouble(),
                        line.path("validation_tokens").asLong())));
    return List.copyOf(evaluations.values());
  }

  /**
   * The lines of a run directory's log, without the torn line that a killed process leaves; none if
   * there is no log.
   */
  public static List<JsonNode> read(RunDirectory directory) {
    return directory.read(FILE_NAME).stream()
        .flatMap(String::lines)
        .map(MetricsLog::parse)
        .filter(line -> line.path("step").asInt() > 0)
        .toList();
  }

  /** Adds the line of a step. */
  public void append(StepRecord step) {
    lines.add(json(step));
  }

  /** Adds the line of an evaluation. */
  public void append(EvaluationRecord evaluation) {
    lines.add(json(evaluation));
  }

  /** Adds the line of a run that goes on otherwise than it began. */
  public void append(AttemptRecord attempt) {
    lines.add(json(attempt));
  }

  /** Makes every line visible to readers, where the file system can only write whole files. */
  public void flush() {
    lines.flush();
  }

  @Override
  public void close() {
    lines.close();
  }

  static String text(List<String> lines) {
    return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
  }

  private static boolean isUpTo(int step, String line) {
    OptionalInt written = step(line);
    return written.isPresent() && written.getAsInt() <= step;
  }

  private static OptionalInt step(String line) {
    int step = parse(line).path("step").asInt(-1);
    return step >= 0 ? OptionalInt.of(step) : OptionalInt.empty();
  }

  /** A line's object; for a torn line one that has nothing. */
  private static JsonNode parse(String line) {
    try {
      return MAPPER.readTree(line);
    } catch (JsonProcessingException torn) {
      return MissingNode.getInstance();
    }
  }

  private static String json(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException("Cannot write " + value + " as JSON", unexpected);
    }
  }

  /** Writes what is no number as null. */
  private static final class NumberOrNull extends StdSerializer<Double> {

    private static final long serialVersionUID = 1L;

    NumberOrNull() {
      super(Double.class);
    }

    @Override
    public void serialize(Double number, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      if (Double.isFinite(number)) {
        generator.writeNumber(number);
      } else {
        generator.writeNull();
      }
    }
  }
}
