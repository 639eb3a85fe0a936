package normuon.job.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Checks the value of a key that holds a list of sections; every entry has every key, or gets its
 * value {@link WhereAbsent}.
 */
final class ConfigurationList {

  private final ConfigurationKey key;
  private final Setting setting;

  private ConfigurationList(ConfigurationKey key, Setting setting) {
    this.key = key;
    this.setting = setting;
  }

  /**
   * The list as the key holds it.
   *
   * @throws InvalidConfigurationException for the first entry that is wrong; the message names it
   *     like {@code optimizer.groups[0].rule}
   */
  static JsonNode checked(ConfigurationKey key, Setting setting) {
    return new ConfigurationList(key, setting).checked();
  }

  private ArrayNode checked() {
    if (!setting.value().isArray()) {
      throw invalid(key.name(), setting.value(), "a list of entries with the keys " + names());
    }
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (JsonNode entry : setting.value()) {
      list.add(checked(key.name() + "[" + list.size() + "]", entry));
    }
    return list;
  }

  private ObjectNode checked(String name, JsonNode entry) {
    List<String> known = key.entryKeys().stream().map(ConfigurationKey::name).toList();
    if (!entry.isObject()) {
      throw invalid(name, entry, "an entry with the keys " + names());
    }
    entry
        .properties()
        .forEach(
            field -> {
              if (!known.contains(field.getKey())) {
                throw new InvalidConfigurationException(
                    "Invalid key %s.%s with the value %s: no such key; the keys are %s"
                        .formatted(
                            name,
                            field.getKey(),
                            new Setting(field.getValue(), source()),
                            names()));
              }
            });
    ObjectNode checked = JsonNodeFactory.instance.objectNode();
    for (ConfigurationKey entryKey : key.entryKeys()) {
      JsonNode value =
          Optional.ofNullable(entry.get(entryKey.name()))
              .or(entryKey::whereAbsent)
              .orElseThrow(() -> invalid(name, entry, "an entry with the key " + entryKey.name()));
      checked.set(
          entryKey.name(),
          entryKey
              .accept(value)
              .orElseThrow(() -> invalid(name + "." + entryKey.name(), value, entryKey.allowed())));
    }
    return checked;
  }

  private String names() {
    return key.entryKeys().stream().map(ConfigurationKey::name).collect(Collectors.joining(", "));
  }

  private String source() {
    return setting.source();
  }

  private InvalidConfigurationException invalid(String name, JsonNode value, String allowed) {
    return new InvalidConfigurationException(
        "Invalid %s %s: must be %s".formatted(name, new Setting(value, source()), allowed));
  }
}
