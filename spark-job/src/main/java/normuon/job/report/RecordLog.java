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
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * A file of a run directory with one JSON object per line, each of a step. A number that is not
 * finite is null, as JSON has no other way to write it.
 */
final class RecordLog implements AutoCloseable {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(
              new SimpleModule()
                  .addSerializer(double.class, new NumberOrNull())
                  .addSerializer(Double.class, new NumberOrNull()))
          .addMixIn(StepRecord.class, FlatLine.class)
          .build();

  private final RecordLines lines;

  /** A line has all numbers side by side. */
  private interface FlatLine {
    @JsonUnwrapped
    CurvatureRecord curvature();

    @JsonUnwrapped
    OverlapRecord overlap();
  }

  private RecordLog(RecordLines lines) {
    this.lines = lines;
  }

  /** Opens a file, without its lines of steps after the one given. */
  static RecordLog open(RunDirectory directory, String name, int step) {
    List<String> kept =
        directory.read(name).stream()
            .flatMap(String::lines)
            .filter(line -> isUpTo(step, line))
            .toList();
    directory.replace(name, text(kept));
    return new RecordLog(
        directory.isLocal()
            ? new AppendedLines(directory.local(name))
            : new RewrittenLines(directory, name, kept));
  }

  /** The lines of a file of steps from 1 on that are whole; none if there is no file. */
  static List<JsonNode> read(RunDirectory directory, String name) {
    List<JsonNode> lines = new ArrayList<>();
    forEach(directory, name, lines::add);
    return lines;
  }

  /** Reads the lines of {@link #read} one by one, however many there are. */
  static void forEach(RunDirectory directory, String name, Consumer<JsonNode> reader) {
    directory.forEachLine(
        name,
        text -> {
          JsonNode line = parse(text);
          if (line.path("step").asInt() > 0) {
            reader.accept(line);
          }
        });
  }

  /** Adds a line. */
  void append(Object step) {
    try {
      lines.add(MAPPER.writeValueAsString(step));
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException("Cannot write " + step + " as JSON", unexpected);
    }
  }

  /** Makes every line visible to readers, where the file system can only write whole files. */
  void flush() {
    lines.flush();
  }

  /** Closes the log without another write. */
  void abandon() {
    lines.abandon();
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
