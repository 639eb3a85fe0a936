package normuon.job.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.CheckpointReader;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.config.ConfigurationDifference;
import normuon.job.config.InitializationSettings;
import normuon.job.config.InitializationSettings.State;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TokenManifest;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The checkpoint of another run that a run starts from.
 *
 * @param folder its folder, fully qualified
 * @param manifest what it holds
 */
record InitialCheckpoint(Path folder, CheckpointManifest manifest) {

  /** What an optimizer's state consists of, and which parameters have it, depends on these. */
  private static final Set<String> KEYS_OF_STATE =
      Set.of(
          "optimizer.name", "optimizer.form", "optimizer.groups", "optimizer.second_moment_axis");

  private static final String MODEL = "model.";
  private static final String CONTEXT = "model.context";

  /**
   * Opens the checkpoint that a configuration names.
   *
   * @return empty if it names none
   * @throws InvalidConfigurationException if there is none
   */
  static Optional<InitialCheckpoint> of(InitializationSettings settings, Configuration hadoop) {
    if (settings.isFromSeed()) {
      return Optional.empty();
    }
    Path path = Location.of(settings.checkpoint());
    try {
      FileSystem fileSystem = Location.fileSystem(path, hadoop);
      Path folder = fileSystem.makeQualified(path);
      return Optional.of(
          new InitialCheckpoint(folder, CheckpointStore.readManifest(fileSystem, folder)));
    } catch (IOException unreadable) {
      throw new InvalidConfigurationException(
          "Invalid initialization.checkpoint %s: must be the folder of a whole checkpoint (%s)"
              .formatted(settings.checkpoint(), unreadable.getMessage()),
          unreadable);
    }
  }

  /**
   * Checks that a run can start from it.
   *
   * @param tokens the run's tokens
   * @param shards how its shards are verified
   * @throws InvalidConfigurationException if it is damaged, or of another model, tokenizer or,
   *     where its state is taken over, optimizer
   */
  void requireFit(RunConfiguration run, TokenManifest tokens, ShardVerification shards) {
    List<ConfigurationDifference> differences =
        run.differences(stored()).stream().filter(difference -> matters(run, difference)).toList();
    if (!differences.isEmpty()) {
      throw invalid(
          run,
          differences.stream().map(Object::toString).collect(Collectors.joining(", "))
              + "; must be equal");
    }
    String tokenizer = manifest.provenance().get("tokenizer.sha256");
    if (!tokens.tokenizerSha256().equals(tokenizer)) {
      throw invalid(
          run,
          "its tokenizer (%s, SHA-256 %s) is not that of the tokens (%s, SHA-256 %s)"
              .formatted(
                  manifest.provenance().get("tokenizer"),
                  tokenizer,
                  tokens.tokenizer().name(),
                  tokens.tokenizerSha256()));
    }
    List<String> damages = shards.damages(folder, manifest);
    if (!damages.isEmpty()) {
      throw invalid(run, "it is damaged: " + String.join("; ", damages));
    }
  }

  private boolean matters(RunConfiguration run, ConfigurationDifference difference) {
    String key = difference.key();
    boolean ofModel = key.startsWith(MODEL) && !key.equals(CONTEXT);
    return ofModel || (inheritsState(run) && KEYS_OF_STATE.contains(key));
  }

  private static boolean inheritsState(RunConfiguration run) {
    return run.initialization().state() == State.WEIGHTS_AND_OPTIMIZER;
  }

  private static InvalidConfigurationException invalid(RunConfiguration run, String reason) {
    return new InvalidConfigurationException(
        "Invalid initialization.checkpoint %s: %s"
            .formatted(run.initialization().checkpoint(), reason));
  }

  private RunConfiguration stored() {
    try {
      return RunConfiguration.fromYaml(
          new YAMLMapper().writeValueAsString(manifest.configuration()), folder.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write the configuration of " + folder, e);
    }
  }

  /** Where a run stands that starts from it. */
  Progress progress(RunConfiguration run) {
    return inheritsState(run)
        ? Progress.inheriting(Progress.of(manifest).updates())
        : Progress.START;
  }

  /**
   * Fills a rank's state with what its run takes.
   *
   * @param folder the checkpoint's folder, fully qualified
   */
  static void read(String folder, State taken, RankState state, Configuration hadoop) {
    Path path = new Path(folder);
    try {
      FileSystem fileSystem = Location.fileSystem(path, hadoop);
      CheckpointManifest manifest = CheckpointStore.readManifest(fileSystem, path);
      try (CheckpointReader reader = CheckpointReader.open(fileSystem, path, manifest)) {
        reader.read(taken == State.WEIGHTS ? state.weights() : state.restored());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read checkpoint " + folder + ": " + e.getMessage(), e);
    }
  }
}
