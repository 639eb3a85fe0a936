package normuon.model.hub;

import static java.util.stream.Collectors.toSet;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The fields of a JSON object; what is wrong with any of them is collected, to be told at once. */
final class ConfigurationFields {

  private static final int LONGEST_SHOWN = 100;

  /** Stands in for a number that is missing or malformed, which is a problem already. */
  private static final int PLACEHOLDER = 1;

  private final JsonObject object;
  private final List<String> problems;

  ConfigurationFields(JsonObject object) {
    this(object, new ArrayList<>());
  }

  private ConfigurationFields(JsonObject object, List<String> problems) {
    this.object = object;
    this.problems = problems;
  }

  List<String> problems() {
    return problems;
  }

  void problem(String problem) {
    problems.add(problem);
  }

  /** The field's value as it was written, cut if it is long. */
  String shown(String key) {
    String text = String.valueOf(object.get(key));
    return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "…";
  }

  /** A value that is there and not null. */
  Optional<JsonElement> value(String key) {
    return Optional.ofNullable(object.get(key)).filter(value -> !value.isJsonNull());
  }

  /** Whether the field is there, be it null. */
  boolean has(String key) {
    return object.has(key);
  }

  /** The fields that are there and not null. */
  Set<String> keys() {
    return object.keySet().stream().filter(key -> value(key).isPresent()).collect(toSet());
  }

  /** An object; its problems are collected with these. */
  Optional<ConfigurationFields> section(String key) {
    Optional<JsonElement> value = value(key);
    if (value.isPresent() && !value.get().isJsonObject()) {
      problem(key + " is " + shown(key) + ", must be an object or null");
      return Optional.empty();
    }
    return value.map(section -> new ConfigurationFields(section.getAsJsonObject(), problems));
  }

  /** A positive whole number of 32 bits, which must be there. */
  int requiredCount(String key) {
    if (value(key).isEmpty()) {
      problem(key + " does not exist");
      return PLACEHOLDER;
    }
    return count(key).orElse(PLACEHOLDER);
  }

  /** A positive whole number of 32 bits; empty if there is none. */
  Optional<Integer> count(String key) {
    Optional<JsonElement> value = value(key);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    try {
      int count = number(value.get()).orElseThrow(ArithmeticException::new).intValueExact();
      if (count >= 1) {
        return Optional.of(count);
      }
    } catch (ArithmeticException notWhole) {
      // Told below, as any other value that is no such number.
    }
    problem(key + " is " + shown(key) + ", must be a whole number at least 1");
    return Optional.of(PLACEHOLDER);
  }

  /** A number; empty if there is none. */
  Optional<Double> number(String key) {
    Optional<JsonElement> value = value(key);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    Optional<BigDecimal> number = number(value.get());
    if (number.isEmpty()) {
      problem(key + " is " + shown(key) + ", must be a number");
    }
    return number.map(BigDecimal::doubleValue);
  }

  private static Optional<BigDecimal> number(JsonElement value) {
    try {
      return value instanceof JsonPrimitive primitive && primitive.isNumber()
          ? Optional.of(primitive.getAsBigDecimal())
          : Optional.empty();
    } catch (NumberFormatException tooLarge) {
      return Optional.empty();
    }
  }

  /** True or false; false if there is neither. */
  boolean flag(String key) {
    Optional<JsonElement> value = value(key);
    if (value.isEmpty()) {
      return false;
    }
    boolean isFlag = value.get() instanceof JsonPrimitive primitive && primitive.isBoolean();
    if (!isFlag) {
      problem(key + " is " + shown(key) + ", must be true or false");
    }
    return isFlag && value.get().getAsBoolean();
  }

  /** Text; empty if there is none. */
  Optional<String> text(String key) {
    Optional<JsonElement> value = value(key);
    boolean isText =
        value.isPresent() && value.get() instanceof JsonPrimitive primitive && primitive.isString();
    if (value.isPresent() && !isText) {
      problem(key + " is " + shown(key) + ", must be text");
    }
    return isText ? Optional.of(value.get().getAsString()) : Optional.empty();
  }

  /** Refuses any value but these: one that is not there is allowed. */
  void requireAbsentOr(String key, String allowed, boolean isAllowed) {
    if (value(key).isPresent() && !isAllowed) {
      problem(key + " is " + shown(key) + ", must be " + allowed);
    }
  }
}
