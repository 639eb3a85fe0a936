package normuon.job.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One key of the configuration: what values it takes.
 *
 * @param name the full name, such as {@code train.steps}
 * @param type {@code int}, {@code long}, {@code double}, {@code boolean}, {@link String}, an
 *     enumeration, {@link IntegerOrPreset}, {@link DoubleOrPreset}, or {@link List} for a list of
 *     sections
 * @param range the numbers allowed
 * @param mayChangeOnResume whether another value still describes the same run
 * @param entryKeys the keys of each section of a list, by their own names; none if it is no list
 * @param whereAbsent the value in an entry of a list that does not name the key; empty if every
 *     entry must
 */
record ConfigurationKey(
    String name,
    Class<?> type,
    NumberRange range,
    boolean mayChangeOnResume,
    List<ConfigurationKey> entryKeys,
    Optional<JsonNode> whereAbsent) {

  private static final Pattern WHOLE_NUMBER = Pattern.compile("[-+]?[0-9]{1,18}");
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

  /** Whether a record is one value and not a section of keys. */
  static boolean isValue(Class<?> type) {
    return type == IntegerOrPreset.class || type == DoubleOrPreset.class;
  }

  /** The text by which a constant of an enumeration is written. */
  static String text(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** What a value written as plain text, outside YAML, means for this key. */
  JsonNode interpret(String text) {
    if (isWholeNumber() && WHOLE_NUMBER.matcher(text).matches()) {
      return LongNode.valueOf(Long.parseLong(text));
    }
    if (isNumber() && NUMBER.matcher(text).matches()) {
      return DoubleNode.valueOf(Double.parseDouble(text));
    }
    if (type == boolean.class && (text.equals("true") || text.equals("false"))) {
      return BooleanNode.valueOf(text.equals("true"));
    }
    return isList() ? ConfigurationYaml.value(text) : TextNode.valueOf(text);
  }

  /** Whether it holds a list of sections, which {@link ConfigurationList} checks. */
  boolean isList() {
    return type == List.class;
  }

  /** The value as this key holds it; empty if the key does not allow it. */
  Optional<JsonNode> accept(JsonNode value) {
    if (isValue(type) && value.isTextual()) {
      return only(value, value.textValue().equals(DoubleOrPreset.PRESET));
    }
    if (isWholeNumber()) {
      boolean fits = type == long.class ? value.canConvertToLong() : value.canConvertToInt();
      return only(value, value.isIntegralNumber() && fits && range.contains(value.decimalValue()));
    }
    if (isNumber()) {
      double number = value.asDouble();
      return only(
          DoubleNode.valueOf(number),
          value.isNumber()
              && Double.isFinite(number)
              && range.contains(BigDecimal.valueOf(number)));
    }
    if (type == boolean.class) {
      return only(value, value.isBoolean());
    }
    if (type.isEnum()) {
      return only(value, value.isTextual() && choices().contains(value.textValue()));
    }
    return only(value, value.isTextual());
  }

  /** What the key allows, in words that follow "must be". */
  String allowed() {
    if (type == boolean.class) {
      return "true or false";
    }
    if (type == String.class) {
      return "text (in YAML, quote what looks like a number)";
    }
    if (type.isEnum()) {
      return "one of " + String.join(", ", choices());
    }
    String words = range.inWords();
    String kind = isWholeNumber() ? "a whole number" : "a number";
    String preset = isValue(type) ? ", or " + DoubleOrPreset.PRESET : "";
    return (words.isEmpty() ? kind : kind + " " + words) + preset;
  }

  private boolean isWholeNumber() {
    return type == int.class || type == long.class || type == IntegerOrPreset.class;
  }

  private boolean isNumber() {
    return type == double.class || type == DoubleOrPreset.class;
  }

  private List<String> choices() {
    return Arrays.stream(type.getEnumConstants())
        .map(constant -> text((Enum<?>) constant))
        .toList();
  }

  private static Optional<JsonNode> only(JsonNode value, boolean allowed) {
    return allowed ? Optional.of(value) : Optional.empty();
  }
}
