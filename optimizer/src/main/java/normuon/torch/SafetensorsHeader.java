package normuon.torch;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The JSON header of a safetensors file, checked: every tensor has a known type, its byte range has
 * the size of its shape, and the ranges fill the data without overlap or hole.
 */
final class SafetensorsHeader {

  private static final String METADATA = "__metadata__";

  /** Data begins at a multiple of this; the header is padded with spaces. */
  private static final int ALIGNMENT = 8;

  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, SafetensorsTensor> tensors = new LinkedHashMap<>();

  private SafetensorsHeader() {}

  Map<String, String> metadata() {
    return metadata;
  }

  /** By name, in the order of the header. */
  Map<String, SafetensorsTensor> tensors() {
    return tensors;
  }

  /**
   * Reads a header.
   *
   * @param json the header's bytes
   * @param dataBytes how many bytes of data follow it
   */
  static SafetensorsHeader parse(byte[] json, long dataBytes) throws SafetensorsException {
    SafetensorsHeader header = new SafetensorsHeader();
    try {
      // Gson is on the classpath of Spark and of every program with DJL; its reader is strict.
      JsonReader reader =
          new JsonReader(new StringReader(new String(json, StandardCharsets.UTF_8)));
      reader.beginObject();
      while (reader.hasNext()) {
        header.parseEntry(reader);
      }
      reader.endObject();
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw new SafetensorsException("Invalid safetensors header: text follows its JSON object");
      }
    } catch (SafetensorsException e) {
      throw e;
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw new SafetensorsException("Invalid safetensors header: " + e.getMessage(), e);
    }
    requireFilled(header.tensors.values(), dataBytes);
    return header;
  }

  private void parseEntry(JsonReader reader) throws IOException {
    String name = reader.nextName();
    if (name.equals(METADATA)) {
      reader.beginObject();
      while (reader.hasNext()) {
        metadata.put(reader.nextName(), reader.nextString());
      }
      reader.endObject();
    } else if (tensors.put(name, parseTensor(name, reader)) != null) {
      throw new SafetensorsException("Invalid safetensors header: " + name + " comes twice");
    }
  }

  private static SafetensorsTensor parseTensor(String name, JsonReader reader) throws IOException {
    SafetensorsType type = null;
    long[] shape = null;
    long[] offsets = null;
    reader.beginObject();
    while (reader.hasNext()) {
      String key = reader.nextName();
      switch (key) {
        case "dtype" -> type = parseType(name, reader.nextString());
        case "shape" -> shape = parseNumbers(name, reader);
        case "data_offsets" -> offsets = parseNumbers(name, reader);
        default -> throw invalid(name, "has the unknown key " + key);
      }
    }
    reader.endObject();
    if (type == null || shape == null || offsets == null || offsets.length != 2) {
      throw invalid(name, "must have a dtype, a shape and two data_offsets");
    }
    SafetensorsTensor tensor = new SafetensorsTensor(name, type, shape, offsets[0]);
    try {
      if (tensor.end() != offsets[1]) {
        throw invalid(
            tensor.toString(),
            "has " + (offsets[1] - offsets[0]) + " bytes, but its shape needs " + tensor.bytes());
      }
    } catch (ArithmeticException e) {
      throw invalid(tensor.toString(), "is larger than 64 bits can count");
    }
    return tensor;
  }

  private static SafetensorsType parseType(String name, String type) throws SafetensorsException {
    for (SafetensorsType known : SafetensorsType.values()) {
      if (known.name().equals(type)) {
        return known;
      }
    }
    throw invalid(name, "has the unknown dtype " + type);
  }

  private static long[] parseNumbers(String name, JsonReader reader) throws IOException {
    List<Long> numbers = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNext()) {
      long number = reader.nextLong();
      if (number < 0) {
        throw invalid(name, "has the negative number " + number);
      }
      numbers.add(number);
    }
    reader.endArray();
    return numbers.stream().mapToLong(Long::longValue).toArray();
  }

  private static void requireFilled(Collection<SafetensorsTensor> tensors, long dataBytes)
      throws SafetensorsException {
    long filled = 0;
    List<SafetensorsTensor> ordered = new ArrayList<>(tensors);
    ordered.sort(
        Comparator.comparingLong(SafetensorsTensor::start)
            .thenComparingLong(SafetensorsTensor::end));
    for (SafetensorsTensor tensor : ordered) {
      if (tensor.start() != filled) {
        throw invalid(
            tensor.toString(),
            "begins at byte "
                + tensor.start()
                + (tensor.start() < filled ? ", inside another tensor" : ", after a hole"));
      }
      filled = tensor.end();
    }
    if (filled != dataBytes) {
      throw new SafetensorsException(
          "Invalid safetensors file: its tensors need "
              + filled
              + " bytes of data, but it holds "
              + dataBytes);
    }
  }

  private static SafetensorsException invalid(String tensor, String what) {
    return new SafetensorsException("Invalid safetensors header: tensor " + tensor + " " + what);
  }

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
