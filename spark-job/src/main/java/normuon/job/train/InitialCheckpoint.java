package normuon.job.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.CheckpointReader;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.config.ConfigurationDifference;
import normuon.job.config.InitializationSettings.State;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TokenManifest;
import normuon.model.GptConfiguration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The checkpoint of another run, which a run starts from.
 *
 * @param fileSystem where it lies
 * @param folder its folder, fully qualified
 * @param manifest what it holds
 */
record InitialCheckpoint(FileSystem fileSystem, Path folder, CheckpointManifest manifest)
    implements InitialModel {

  /** What an optimizer's state consists of, and which parameters have it, depends on these. */
  private static final Set<String> KEYS_OF_STATE =
      Set.of(
          "optimizer.name", "optimizer.form", "optimizer.groups", "optimizer.second_moment_axis");

  private static final String MODEL = "model.";

  /** Neither decides whether weights fit; what rows they have follows from the tokens, too. */
  private static final Set<String> FREE = Set.of("model.context", "model.vocabulary_size");

  /**
   * Opens a checkpoint.
   *
   * @param folder its folder, fully qualified
   * @throws IOException if it has no manifest, or one that is damaged
   */
  static InitialCheckpoint open(FileSystem fileSystem, Path folder) throws IOException {
    return new InitialCheckpoint(
        fileSystem, folder, CheckpointStore.readManifest(fileSystem, folder));
  }

  @Override
  public List<String> requireFit(
      RunConfiguration run,
      GptConfiguration model,
      TokenManifest tokens,
      ShardVerification verification) {
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
    requireVocabulary(run, model, tokens);
    List<String> damages = verification.damages(folder, manifest);
    if (!damages.isEmpty()) {
      throw invalid(run, "it is damaged: " + String.join("; ", damages));
    }
    return List.of();
  }

  private void requireVocabulary(
      RunConfiguration run, GptConfiguration model, TokenManifest tokens) {
    int size = Math.max(stored().model().vocabularySize(), tokens.vocabularySize());
    if (size != model.vocabularySize()) {
      throw invalid(
          run,
          "its embedding has %d rows, and model.vocabulary_size asks for %d"
              .formatted(size, model.vocabularySize()));
    }
  }

  private boolean matters(RunConfiguration run, ConfigurationDifference difference) {
    String key = difference.key();
    boolean ofModel = key.startsWith(MODEL) && !FREE.contains(key);
    return ofModel || (inheritsState(run) && KEYS_OF_STATE.contains(key));
  }

  private static boolean inheritsState(RunConfiguration run) {
    return run.initialization().state() == State.WEIGHTS_AND_OPTIMIZER;
  }

  private static InvalidConfigurationException invalid(RunConfiguration run, String reason) {
    return InitialModel.invalid(run.initialization(), reason);
  }

  private RunConfiguration stored() {
    try {
      return RunConfiguration.fromYaml(
          new YAMLMapper().writeValueAsString(manifest.configuration()), folder.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write the configuration of " + folder, e);
    }
  }

  @Override
  public Progress progress(RunConfiguration run) {
    return inheritsState(run)
        ? Progress.inheriting(Progress.of(manifest).updates())
        : Progress.START;
  }

  @Override
  public void read(State taken, RankState state) {
    try (CheckpointReader reader = CheckpointReader.open(fileSystem, folder, manifest)) {
      reader.read(taken == State.WEIGHTS ? state.restoredWeights() : state.restored());
    }
  }
}
