package normuon.job.config;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Between YAML, the flat map of keys and values, and the records. */
final class ConfigurationYaml {

  private static final YAMLMapper MAPPER =
      YAMLMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .visibility(PropertyAccessor.IS_GETTER, Visibility.NONE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .addModule(new SimpleModule().addSerializer(Enum.class, new Choice()))
          .build();

  private ConfigurationYaml() {}

  /**
   * Reads a document into full keys and their values. A section may be nested or its keys written
   * with dots.
   *
   * @throws InvalidConfigurationException if it is no YAML mapping, or has a key twice
   */
  static Map<String, JsonNode> read(String yaml, String source) {
    JsonNode root;
    try {
      root = MAPPER.readTree(yaml);
    } catch (JsonProcessingException malformed) {
      throw new InvalidConfigurationException(
          "Invalid configuration %s%s: %s"
              .formatted(source, line(malformed), firstLine(malformed.getOriginalMessage())),
          malformed);
    }
    Map<String, JsonNode> values = new LinkedHashMap<>();
    if (root.isObject()) {
      flatten("", root, values, source);
    } else if (!root.isMissingNode() && !root.isNull()) {
      throw new InvalidConfigurationException(
          "Invalid configuration %s: %s is not a mapping of keys to values"
              .formatted(source, Setting.show(root)));
    }
    return values;
  }

  /** What a text means that holds one value; the text itself, if it is no YAML. */
  static JsonNode value(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException malformed) {
      return TextNode.valueOf(text);
    }
  }

  /** The full keys of a configuration and their values. */
  static Map<String, JsonNode> flatten(RunConfiguration configuration) {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    flatten("", MAPPER.valueToTree(configuration), values, "configuration");
    return values;
  }

  /** Makes the record from a value for every key. */
  static RunConfiguration toConfiguration(Map<String, JsonNode> values) {
    ObjectNode root = MAPPER.createObjectNode();
    values.forEach(
        (key, value) -> {
          int dot = key.lastIndexOf('.');
          root.withObject("/" + key.substring(0, dot).replace('.', '/'))
              .set(key.substring(dot + 1), value);
        });
    return MAPPER.convertValue(root, RunConfiguration.class);
  }

  static String write(RunConfiguration configuration) {
    try {
      return "# The effective configuration of this run; --config reads it.\n"
          + MAPPER.writeValueAsString(configuration);
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException("Cannot write the configuration as YAML", unexpected);
    }
  }

  private static void flatten(
      String prefix, JsonNode section, Map<String, JsonNode> values, String source) {
    section
        .properties()
        .forEach(
            entry -> {
              String key = prefix + entry.getKey();
              JsonNode value = entry.getValue();
              if (value.isObject()) {
                flatten(key + ".", value, values, source);
              } else if (!isEmptySection(key, value) && values.put(key, value) != null) {
                throw new InvalidConfigurationException(
                    "Invalid configuration %s: the key %s stands there twice"
                        .formatted(source, key));
              }
            });
  }

  /** A section whose keys are all commented out reads as null. */
  private static boolean isEmptySection(String key, JsonNode value) {
    return value.isNull() && !ConfigurationKeys.keysOf(key).isEmpty();
  }

  private static String line(JsonProcessingException malformed) {
    JsonLocation location = malformed.getLocation();
    return location == null || location.getLineNr() < 1 ? "" : " line " + location.getLineNr();
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("malformed YAML");
  }

  /** Writes a constant as it is read. */
  private static final class Choice extends StdSerializer<Object> {

    private static final long serialVersionUID = 1L;

    Choice() {
      super(Object.class);
    }

    @Override
    public void serialize(Object constant, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      generator.writeString(ConfigurationKey.text((Enum<?>) constant));
    }
  }
}
