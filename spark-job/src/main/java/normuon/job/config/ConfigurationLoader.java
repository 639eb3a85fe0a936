package normuon.job.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/**
 * Lays the sources of one configuration over each other, checks every value and makes the record.
 * An assignment wins over a Spark property, that over the file, and that over the default.
 */
public final class ConfigurationLoader {

  private static final String SPARK_PREFIX = "spark.normuon.";

  /** Settings of the ranks' network connections, which Spark's transport reads by itself. */
  private static final String TRANSPORT_PREFIX = SPARK_PREFIX + "io.";

  private static final String DEFAULTS = "defaults.yaml";
  private static final String DEFAULT = "default";
  private static final String RUN_DIRECTORY = "run.directory";
  private static final String VERIFY_REPLICAS = "train.verify_replicas_every_steps";

  private final Configuration hadoop;
  private final Map<String, Setting> settings = new HashMap<>();

  /** Creates a loader that reads files of the default Hadoop configuration. */
  public ConfigurationLoader() {
    this(new Configuration());
  }

  /** Creates a loader for files that this Hadoop configuration can read. */
  public ConfigurationLoader(Configuration hadoop) {
    this.hadoop = hadoop;
  }

  /**
   * Loads a configuration.
   *
   * @throws InvalidConfigurationException for the first setting that is wrong
   */
  public RunConfiguration load(ConfigurationSources sources) {
    // From the strongest to the weakest, so that the run directory is known as early as it can be.
    addAll(assignments(sources));
    addAll(sparkProperties(sources));
    sources
        .file()
        .ifPresent(file -> addFile(ConfigurationFile.read(file, "--config", hadoop), file));
    addInitialModel();
    RunConfiguration configuration = finish();
    new ConfigurationRules(settings).checkExport(configuration);
    return configuration;
  }

  /**
   * The run directory that the sources name, as far as {@link #load} came: known even if another
   * setting is wrong, unless what could have named it could not be read.
   */
  public Optional<String> runDirectory() {
    return Optional.ofNullable(settings.get(RUN_DIRECTORY))
        .flatMap(
            setting -> ConfigurationKeys.find(RUN_DIRECTORY).orElseThrow().accept(setting.value()))
        .map(JsonNode::textValue);
  }

  RunConfiguration loadYaml(String yaml, String source) {
    addFile(yaml, source);
    return finish();
  }

  private static Map<String, Setting> assignments(ConfigurationSources sources) {
    Map<String, Setting> layer = new LinkedHashMap<>();
    for (String assignment : sources.assignments()) {
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        throw new InvalidConfigurationException(
            "Invalid --set %s: must be key=value"
                .formatted(Setting.show(TextNode.valueOf(assignment))));
      }
      String key = assignment.substring(0, equals).strip();
      layer.put(key, plain(key, assignment.substring(equals + 1), "--set"));
    }
    return layer;
  }

  private static Map<String, Setting> sparkProperties(ConfigurationSources sources) {
    Map<String, Setting> layer = new LinkedHashMap<>();
    sources
        .sparkProperties()
        .forEach(
            (property, value) -> {
              if (property.startsWith(SPARK_PREFIX) && !property.startsWith(TRANSPORT_PREFIX)) {
                String key = property.substring(SPARK_PREFIX.length());
                layer.put(key, plain(key, value, property));
              }
            });
    return layer;
  }

  private static Setting plain(String key, String text, String source) {
    JsonNode value =
        ConfigurationKeys.find(key)
            .map(known -> known.interpret(text))
            .orElseGet(() -> TextNode.valueOf(text));
    return new Setting(value, source);
  }

  private void addFile(String yaml, String source) {
    ConfigurationYaml.read(yaml, source)
        .forEach((key, value) -> settings.putIfAbsent(key, new Setting(value, source)));
  }

  /** What the model to start from says holds where the user says nothing. */
  private void addInitialModel() {
    Setting folder = settings.get(InitialModelSettings.KEY);
    if (folder != null) {
      InitialModelSettings.of(checked(InitialModelSettings.KEY, folder).asText(), hadoop)
          .ifPresent(
              model -> {
                model.requireEqual(this::accepted);
                addAll(model.settings(settings));
              });
    }
  }

  /** A setting as its key holds it; null if the user did not write it. */
  private Setting accepted(String key) {
    Setting setting = settings.get(key);
    return setting == null ? null : new Setting(checked(key, setting), setting.source());
  }

  private void addAll(Map<String, Setting> layer) {
    layer.forEach(settings::putIfAbsent);
  }

  private RunConfiguration finish() {
    ConfigurationYaml.read(ConfigurationFile.resource(DEFAULTS), DEFAULTS)
        .forEach((key, value) -> settings.putIfAbsent(key, new Setting(value, DEFAULT)));
    RunConfiguration configuration = configuration();
    if (!configuration.weights().hasReplicas(configuration.train().ranks())
        && configuration.weights().isSharded()
        && settings.get(VERIFY_REPLICAS).source().equals(DEFAULT)) {
      settings.put(VERIFY_REPLICAS, new Setting(IntNode.valueOf(0), DEFAULT));
      configuration = configuration();
    }
    new ConfigurationRules(settings).check(configuration);
    return configuration;
  }

  private RunConfiguration configuration() {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    settings.forEach((key, setting) -> values.put(key, checked(key, setting)));
    return ConfigurationYaml.toConfiguration(values);
  }

  private static JsonNode checked(String key, Setting setting) {
    ConfigurationKey known = ConfigurationKeys.find(key).orElseThrow(() -> unknown(key, setting));
    if (known.isList()) {
      return ConfigurationList.checked(known, setting);
    }
    return known
        .accept(setting.value())
        .orElseThrow(
            () ->
                new InvalidConfigurationException(
                    "Invalid %s %s: must be %s".formatted(key, setting, known.allowed())));
  }

  private static InvalidConfigurationException unknown(String key, Setting setting) {
    String advice =
        ConfigurationKeys.keysOf(key).isEmpty()
            ? "no such key; the nearest is " + ConfigurationKeys.nearest(key)
            : "a section; its keys are " + String.join(", ", ConfigurationKeys.keysOf(key));
    return new InvalidConfigurationException(
        "Invalid key %s with the value %s: %s".formatted(key, setting, advice));
  }
}
