package normuon.torch;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads the header of a safetensors file as if a stranger had written it: nothing is allocated by
 * the numbers it names, and a file that two readers could understand differently is refused.
 */
final class SafetensorsHeaderParser {

  private static final Pattern WHOLE_NUMBER = Pattern.compile("0|[1-9][0-9]{0,18}");
  private static final int LONGEST_SHOWN = 80;

  /** Far beyond any array's dimensions. */
  private static final int MOST_NUMBERS = 64;

  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, SafetensorsTensor> tensors = new LinkedHashMap<>();
  private boolean hasMetadata;

  private SafetensorsHeaderParser() {}

  /**
   * Reads a header.
   *
   * @param json the header's bytes
   * @param dataBytes how many bytes of data follow it
   */
  static SafetensorsHeader parse(byte[] json, long dataBytes) throws SafetensorsException {
    if (json.length == 0 || json[0] != '{') {
      throw new SafetensorsException("Invalid safetensors header: must begin with {");
    }
    SafetensorsHeaderParser parser = new SafetensorsHeaderParser();
    try {
      JsonReader reader = new JsonReader(new StringReader(decode(json)));
      reader.setStrictness(Strictness.STRICT);
      reader.beginObject();
      while (reader.hasNext()) {
        parser.parseEntry(reader);
      }
      reader.endObject();
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw new SafetensorsException("Invalid safetensors header: text follows its JSON object");
      }
    } catch (SafetensorsException e) {
      throw e;
    } catch (IOException | IllegalStateException e) {
      throw new SafetensorsException("Invalid safetensors header: " + firstLine(e), e);
    }
    requireFilled(parser.tensors.values(), dataBytes);
    return new SafetensorsHeader(parser.metadata, parser.tensors);
  }

  private static String decode(byte[] json) throws SafetensorsException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
    } catch (CharacterCodingException e) {
      throw new SafetensorsException("Invalid safetensors header: must be UTF-8", e);
    }
  }

  private static String firstLine(Exception e) {
    return e.getMessage() == null
        ? e.toString()
        : e.getMessage().lines().findFirst().orElse(e.toString());
  }

  private void parseEntry(JsonReader reader) throws IOException {
    String name = reader.nextName();
    if (name.equals(SafetensorsHeader.METADATA)) {
      parseMetadata(reader);
    } else if (tensors.put(name, parseTensor(name, reader)) != null) {
      throw new SafetensorsException("Invalid safetensors header: " + shown(name) + " comes twice");
    }
  }

  private void parseMetadata(JsonReader reader) throws IOException {
    if (hasMetadata) {
      throw new SafetensorsException(
          "Invalid safetensors header: " + SafetensorsHeader.METADATA + " comes twice");
    }
    hasMetadata = true;
    reader.beginObject();
    while (reader.hasNext()) {
      String key = reader.nextName();
      if (reader.peek() != JsonToken.STRING) {
        throw new SafetensorsException(
            "Invalid safetensors header: the metadata %s must be a string".formatted(shown(key)));
      }
      if (metadata.put(key, reader.nextString()) != null) {
        throw new SafetensorsException(
            "Invalid safetensors header: the metadata %s comes twice".formatted(shown(key)));
      }
    }
    reader.endObject();
  }

  private static SafetensorsTensor parseTensor(String name, JsonReader reader) throws IOException {
    SafetensorsType type = null;
    long[] shape = null;
    long[] offsets = null;
    reader.beginObject();
    while (reader.hasNext()) {
      String key = reader.nextName();
      boolean twice =
          switch (key) {
            case "dtype" -> type != null;
            case "shape" -> shape != null;
            case "data_offsets" -> offsets != null;
            default -> throw invalid(name, "has the unknown key " + shown(key));
          };
      if (twice) {
        throw invalid(name, "has the key " + key + " twice");
      }
      switch (key) {
        case "dtype" -> type = parseType(name, reader);
        case "shape" -> shape = parseNumbers(name, reader);
        default -> offsets = parseNumbers(name, reader);
      }
    }
    reader.endObject();
    if (type == null || shape == null || offsets == null || offsets.length != 2) {
      throw invalid(name, "must have a dtype, a shape and two data_offsets");
    }
    return requireSize(new SafetensorsTensor(name, type, shape, offsets[0]), offsets[1]);
  }

  private static SafetensorsTensor requireSize(SafetensorsTensor tensor, long end)
      throws SafetensorsException {
    try {
      if (tensor.end() != end) {
        throw invalid(
            shown(tensor.toString()),
            "has " + (end - tensor.start()) + " bytes, but its shape needs " + tensor.bytes());
      }
      return tensor;
    } catch (ArithmeticException e) {
      throw invalid(shown(tensor.toString()), "is larger than 64 bits can count");
    }
  }

  private static SafetensorsType parseType(String name, JsonReader reader) throws IOException {
    if (reader.peek() != JsonToken.STRING) {
      throw invalid(name, "must have a string as dtype");
    }
    String type = reader.nextString();
    for (SafetensorsType known : SafetensorsType.values()) {
      if (known.name().equals(type)) {
        return known;
      }
    }
    throw invalid(name, "has the unknown dtype " + shown(type));
  }

  private static long[] parseNumbers(String name, JsonReader reader) throws IOException {
    List<Long> numbers = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNext()) {
      if (reader.peek() != JsonToken.NUMBER) {
        throw invalid(name, "must have whole numbers as shape and data_offsets");
      }
      if (numbers.size() == MOST_NUMBERS) {
        throw invalid(name, "has a list of more than " + MOST_NUMBERS + " numbers");
      }
      numbers.add(wholeNumber(name, reader.nextString()));
    }
    reader.endArray();
    return numbers.stream().mapToLong(Long::longValue).toArray();
  }

  private static long wholeNumber(String name, String number) throws SafetensorsException {
    if (number.startsWith("-")) {
      throw invalid(name, "has the negative number " + shown(number));
    }
    if (!WHOLE_NUMBER.matcher(number).matches()) {
      throw invalid(name, "has the number " + shown(number) + ", must be whole, of 64 bits");
    }
    try {
      return Long.parseLong(number);
    } catch (NumberFormatException e) {
      throw invalid(name, "has the number " + number + ", must be whole, of 64 bits");
    }
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
            shown(tensor.toString()),
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
    return new SafetensorsException(
        "Invalid safetensors header: tensor " + shown(tensor) + " " + what);
  }

  /** A stranger's text, which may be a hundred million characters long. */
  private static String shown(String text) {
    return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "…";
  }
}
