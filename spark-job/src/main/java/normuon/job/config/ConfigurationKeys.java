package normuon.job.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The keys of the configuration, read from the components of {@link RunConfiguration}. */
final class ConfigurationKeys {

  private static final NumberRange UNBOUNDED = NumberRange.parse("( , )");
  private static final Map<String, ConfigurationKey> KEYS = new LinkedHashMap<>();

  static {
    for (ConfigurationKey key : collect("", RunConfiguration.class, false)) {
      KEYS.put(key.name(), key);
    }
  }

  private ConfigurationKeys() {}

  /** All keys, in the order of the records. */
  static Collection<ConfigurationKey> all() {
    return KEYS.values();
  }

  static Optional<ConfigurationKey> find(String name) {
    return Optional.ofNullable(KEYS.get(name));
  }

  /** The keys below a section, in order; none if the name is no section. */
  static List<String> keysOf(String section) {
    return KEYS.keySet().stream().filter(name -> name.startsWith(section + ".")).toList();
  }

  /** The key that a wrong one was most likely meant to be. */
  static String nearest(String name) {
    return KEYS.keySet().stream()
        .min(Comparator.comparingInt(known -> distance(known, name)))
        .orElseThrow();
  }

  /** A section that was left out counts for nothing. */
  private static int distance(String known, String name) {
    String last = known.substring(known.lastIndexOf('.') + 1);
    return Math.min(EditDistance.between(known, name), EditDistance.between(last, name));
  }

  private static List<ConfigurationKey> collect(
      String prefix, Class<?> section, boolean mayChangeOnResume) {
    List<ConfigurationKey> keys = new ArrayList<>();
    for (RecordComponent component : section.getRecordComponents()) {
      String name = prefix + inSnakeCase(component.getName());
      boolean mayChange =
          mayChangeOnResume || component.isAnnotationPresent(MayChangeOnResume.class);
      if (component.getType().isRecord() && !ConfigurationKey.isValue(component.getType())) {
        keys.addAll(collect(name + ".", component.getType(), mayChange));
      } else {
        keys.add(
            new ConfigurationKey(
                name,
                component.getType(),
                range(component),
                mayChange,
                entryKeys(component),
                whereAbsent(component)));
      }
    }
    return keys;
  }

  private static List<ConfigurationKey> entryKeys(RecordComponent component) {
    return component.getGenericType() instanceof ParameterizedType list
        ? collect("", (Class<?>) list.getActualTypeArguments()[0], false)
        : List.of();
  }

  private static NumberRange range(RecordComponent component) {
    Interval interval = component.getAnnotation(Interval.class);
    return interval == null ? UNBOUNDED : NumberRange.parse(interval.value());
  }

  private static Optional<JsonNode> whereAbsent(RecordComponent component) {
    return Optional.ofNullable(component.getAnnotation(WhereAbsent.class))
        .map(annotation -> ConfigurationYaml.value(annotation.value()));
  }

  private static String inSnakeCase(String name) {
    return String.join("_", Arrays.asList(name.split("(?=[A-Z])"))).toLowerCase(Locale.ROOT);
  }
}
