package normuon.torch;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The JSON header of a safetensors file.
 *
 * @param metadata the strings of {@code __metadata__}
 * @param tensors by name, in the order of the header
 */
record SafetensorsHeader(Map<String, String> metadata, Map<String, SafetensorsTensor> tensors) {

  static final String METADATA = "__metadata__";

  /** Data begins at a multiple of this; the header is padded with spaces. */
  private static final int ALIGNMENT = 8;

  /**
   * Writes a header, metadata sorted by key, tensors as given.
   *
   * @return its bytes, padded so that with the 8 bytes of length before it the data is aligned
   */
  static byte[] encode(Map<String, String> metadata, List<SafetensorsTensor> tensors) {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.setHtmlSafe(false);
      json.beginObject();
      if (!metadata.isEmpty()) {
        json.name(METADATA).beginObject();
        for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
          json.name(entry.getKey()).value(entry.getValue());
        }
        json.endObject();
      }
      for (SafetensorsTensor tensor : tensors) {
        encode(json, tensor);
      }
      json.endObject();
    } catch (IOException e) {
      throw new IllegalStateException("Cannot write to memory", e);
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    int padding = -bytes.length & (ALIGNMENT - 1);
    return (text + " ".repeat(padding)).getBytes(StandardCharsets.UTF_8);
  }

  private static void encode(JsonWriter json, SafetensorsTensor tensor) throws IOException {
    json.name(tensor.name()).beginObject().name("dtype").value(tensor.type().name());
    json.name("shape").beginArray();
    for (long dimension : tensor.shape()) {
      json.value(dimension);
    }
    json.endArray();
    json.name("data_offsets").beginArray().value(tensor.start()).value(tensor.end()).endArray();
    json.endObject();
  }
}
