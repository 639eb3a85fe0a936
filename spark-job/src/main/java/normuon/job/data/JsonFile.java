package normuon.job.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Records as JSON files with keys in snake case, of which every key must be there. */
public final class JsonFile {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(
              DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
              DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  private JsonFile() {}

  /**
   * Reads a record.
   *
   * @throws JsonProcessingException if the file is not JSON of this record
   */
  public static <T> T read(FileSystem files, Path file, Class<T> type) throws IOException {
    return toRecord(readTree(files, file), type);
  }

  static JsonNode readTree(FileSystem files, Path file) throws IOException {
    try (InputStream in = files.open(file)) {
      return JSON.readTree(in);
    }
  }

  static <T> T toRecord(JsonNode tree, Class<T> type) throws JsonProcessingException {
    return JSON.treeToValue(tree, type);
  }

  /** The text of a record, as {@link #write} writes it. */
  public static String text(Object value) {
    try {
      return JSON.writer(indented()).writeValueAsString(value) + "\n";
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException("Cannot write " + value + " as JSON", unexpected);
    }
  }

  /**
   * The record of a text.
   *
   * @throws JsonProcessingException if it is not JSON of this record
   */
  public static <T> T parse(String text, Class<T> type) throws JsonProcessingException {
    return JSON.readValue(text, type);
  }

  /** Writes a new file: afterwards it is there as a whole, or not at all. */
  public static void write(FileSystem files, Path file, Object value) throws IOException {
    Path temporary = new Path(file.getParent(), "." + file.getName() + ".tmp");
    try (OutputStream out = files.create(temporary, true)) {
      out.write(text(value).getBytes(StandardCharsets.UTF_8));
    }
    Storage.rename(files, temporary, file);
  }

  private static DefaultPrettyPrinter indented() {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    return new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
  }
}
