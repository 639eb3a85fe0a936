package normuon.job.config;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A setting in which two configurations differ.
 *
 * @param key the key
 * @param value its value in the one configuration
 * @param otherValue its value in the other
 */
public record ConfigurationDifference(String key, String value, String otherValue) {

  ConfigurationDifference(String key, JsonNode value, JsonNode otherValue) {
    this(key, text(value), text(otherValue));
  }

  private static String text(JsonNode value) {
    return value.isValueNode() ? value.asText() : Setting.show(value);
  }

  @Override
  public String toString() {
    return key + " is " + otherValue + " there and " + value + " here";
  }
}
