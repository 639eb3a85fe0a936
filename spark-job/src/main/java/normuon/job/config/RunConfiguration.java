package normuon.job.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;

/**
 * Everything that decides a run. The file {@code defaults.yaml} beside this class holds the
 * default, the meaning and the unit of every key; {@link ConfigurationLoader} lays what the user
 * wrote over it.
 */
public record RunConfiguration(
    @MayChangeOnResume RunSettings run,
    DataSettings data,
    ModelSettings model,
    InitializationSettings initialization,
    TrainSettings train,
    @MayChangeOnResume WeightsSettings weights,
    @MayChangeOnResume PlacementSettings placement,
    OptimizerSettings optimizer,
    @MayChangeOnResume CheckpointSettings checkpoint,
    @MayChangeOnResume EvaluateSettings evaluate,
    CommunicationSettings communication,
    @MayChangeOnResume RecoverySettings recovery,
    @MayChangeOnResume ReportSettings report,
    @MayChangeOnResume GenerateSettings generate,
    @MayChangeOnResume ExportSettings export,
    @MayChangeOnResume RetrainSettings retrain)
    implements Serializable {

  /** The name of the effective configuration in a run directory. */
  public static final String FILE_NAME = "config.yaml";

  /**
   * Reads a configuration that {@link #toYaml()} wrote. A key that it lacks, because an older
   * version wrote it, has its default.
   *
   * @param yaml the text
   * @param source the file the text came from, for messages
   */
  public static RunConfiguration fromYaml(String yaml, String source) {
    return new ConfigurationLoader().loadYaml(yaml, source);
  }

  /** The same with its weights held in another way. */
  public RunConfiguration with(WeightsSettings others) {
    return new RunConfiguration(
        run,
        data,
        model,
        initialization,
        train,
        others,
        placement,
        optimizer,
        checkpoint,
        evaluate,
        communication,
        recovery,
        report,
        generate,
        export,
        retrain);
  }

  /** The effective configuration as a YAML document with every key. */
  public String toYaml() {
    return ConfigurationYaml.write(this);
  }

  /** The value of every key as text; of a list, as JSON. */
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    ConfigurationYaml.flatten(this)
        .forEach(
            (key, value) ->
                settings.put(key, value.isContainerNode() ? value.toString() : value.asText()));
    return settings;
  }

  /** The run directory. */
  public Path runDirectory() {
    return Location.of(run.directory());
  }

  /**
   * What tells the run from others that are shown beside it: the last two names of its directory,
   * such as {@code runs/sample}.
   */
  public String runName() {
    Path directory = runDirectory();
    Path parent = directory.getParent();
    return parent == null || parent.isRoot()
        ? directory.getName()
        : parent.getName() + "/" + directory.getName();
  }

  /** The folder that token shards go to. */
  public Path tokensDirectory() {
    return data.tokensDirectory().isEmpty()
        ? new Path(runDirectory(), "tokens")
        : Location.of(data.tokensDirectory());
  }

  /**
   * The folders of the token shards that are trained on, with their weights: those of {@code
   * data.mixture}, one for each of {@code data.sources} if these have weights, or {@link
   * #tokensDirectory} alone.
   */
  public List<MixtureSettings> tokens() {
    return tokens(tokensDirectory());
  }

  /**
   * The same where the run's own tokens lie in another folder, as the run directory was moved.
   *
   * @param own takes the place of {@link #tokensDirectory}
   */
  public List<MixtureSettings> tokens(Path own) {
    if (data.isWeighted()) {
      return IntStream.range(0, data.sources().size())
          .mapToObj(
              i ->
                  new MixtureSettings(
                      new Path(own, "source-" + i).toString(), data.sources().get(i).weight()))
          .toList();
    }
    return data.mixture().isEmpty()
        ? List.of(new MixtureSettings(own.toString(), 1))
        : data.mixture().stream()
            .map(
                part ->
                    new MixtureSettings(
                        Location.of(part.tokensDirectory()).toString(), part.weight()))
            .toList();
  }

  /**
   * The settings in which another configuration describes another run. Settings that may change
   * when a run is resumed are not among them.
   */
  public List<ConfigurationDifference> differences(RunConfiguration other) {
    Map<String, JsonNode> ours = ConfigurationYaml.flatten(this);
    Map<String, JsonNode> theirs = ConfigurationYaml.flatten(other);
    return ConfigurationKeys.all().stream()
        .filter(key -> !key.mayChangeOnResume())
        .map(ConfigurationKey::name)
        .filter(name -> !Objects.equals(ours.get(name), theirs.get(name)))
        .map(name -> new ConfigurationDifference(name, ours.get(name), theirs.get(name)))
        .toList();
  }

  /**
   * Checks that this configuration may go on with the run of a stored one.
   *
   * @param stored the effective configuration in the run directory
   * @throws InvalidConfigurationException if it describes another run; lists what differs
   */
  public void requireSameRun(RunConfiguration stored) {
    List<ConfigurationDifference> differences = differences(stored);
    if (!differences.isEmpty()) {
      throw new InvalidConfigurationException(
          "Invalid run.directory %s: it holds a run of another configuration (%s); choose another run.directory, or the settings of that run"
              .formatted(
                  run.directory(),
                  differences.stream().map(Object::toString).collect(Collectors.joining(", "))));
    }
  }
}
