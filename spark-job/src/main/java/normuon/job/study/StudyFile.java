package normuon.job.study;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.NamingBase;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import normuon.job.config.ConfigurationFile;
import normuon.job.config.InvalidConfigurationException;
import org.apache.hadoop.conf.Configuration;

/** Reads the YAML file that describes a study. */
public final class StudyFile {

  private static final NamingBase SNAKE_CASE = new PropertyNamingStrategies.SnakeCaseStrategy();

  private static final YAMLMapper MAPPER =
      YAMLMapper.builder()
          .propertyNamingStrategy(SNAKE_CASE)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();

  private StudyFile() {}

  /**
   * Reads a local file or, where there is none, a file of a Hadoop file system.
   *
   * @throws InvalidConfigurationException if it does not exist or is no study; the message names
   *     file, line, key and what is allowed
   */
  public static Study read(String file, Configuration hadoop) {
    return parse(ConfigurationFile.read(file, "--study", hadoop), file);
  }

  static Study parse(String yaml, String file) {
    try {
      requireKnownKeys(MAPPER.readTree(yaml));
      return MAPPER.readValue(yaml, Study.class);
    } catch (JsonProcessingException malformed) {
      throw new InvalidConfigurationException(
          "Invalid study %s%s: %s".formatted(file, line(malformed), message(malformed)), malformed);
    } catch (IllegalArgumentException invalid) {
      throw new InvalidConfigurationException(
          "Invalid study %s: %s".formatted(file, invalid.getMessage()), invalid);
    }
  }

  /** A misspelt key is told as such, before its absence is. */
  private static void requireKnownKeys(JsonNode study) {
    if (!study.isObject()) {
      throw new IllegalArgumentException(
          "must have the keys " + String.join(", ", keys(Study.class)));
    }
    requireKnownKeys(study, "", keys(Study.class));
    int index = 0;
    for (JsonNode rule : study.path("rules")) {
      requireKnownKeys(rule, "rules[" + index++ + "].", keys(Rule.class));
    }
  }

  private static void requireKnownKeys(JsonNode section, String place, List<String> known) {
    section
        .fieldNames()
        .forEachRemaining(
            key -> {
              if (!known.contains(key)) {
                throw new IllegalArgumentException(
                    "%s%s: no such key; the keys are %s"
                        .formatted(place, key, String.join(", ", known)));
              }
            });
  }

  private static List<String> keys(Class<? extends Record> section) {
    return Arrays.stream(section.getRecordComponents())
        .map(component -> SNAKE_CASE.translate(component.getName()))
        .toList();
  }

  private static String message(JsonProcessingException invalid) {
    if (invalid instanceof ValueInstantiationException refused) {
      String place = place(refused);
      return (place.isEmpty() ? "" : place + ": ") + refused.getCause().getMessage();
    }
    if (invalid instanceof MismatchedInputException mismatched) {
      return place(mismatched) + " must be " + allowed(mismatched.getTargetType());
    }
    return invalid.getOriginalMessage().lines().findFirst().orElse("malformed YAML");
  }

  private static String allowed(Class<?> type) {
    if (Collection.class.isAssignableFrom(type)) {
      return "a list";
    }
    if (Map.class.isAssignableFrom(type) || type.isRecord()) {
      return "a mapping of keys to values";
    }
    if (type == Long.class) {
      return "a whole number";
    }
    return type == Double.class ? "a number" : "a single value";
  }

  /** Where in the document, such as {@code rules[0].learning_rates}; empty for all of it. */
  private static String place(JsonMappingException invalid) {
    StringBuilder place = new StringBuilder();
    for (JsonMappingException.Reference step : invalid.getPath()) {
      if (step.getFieldName() == null) {
        place.append('[').append(step.getIndex()).append(']');
      } else {
        place.append(place.isEmpty() ? "" : ".").append(step.getFieldName());
      }
    }
    return place.toString();
  }

  private static String line(JsonProcessingException invalid) {
    JsonLocation location = invalid.getLocation();
    return location == null || location.getLineNr() < 1 ? "" : " line " + location.getLineNr();
  }
}
