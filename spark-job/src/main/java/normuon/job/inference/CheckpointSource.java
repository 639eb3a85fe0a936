package normuon.job.inference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.CheckpointReader;
import normuon.job.checkpoint.CheckpointSearch;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.checkpoint.ShardVerifier;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.train.ModelPlan;
import normuon.model.GptConfiguration;
import normuon.model.text.Tokenizer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Opens models that training has left.
 *
 * @param fileSystem where they lie
 * @param hadoop how other file systems are reached, such as that of the tokens
 */
record CheckpointSource(FileSystem fileSystem, Configuration hadoop) {

  private static final String CHECKPOINTS = "checkpoints";

  /**
   * Finds a whole checkpoint.
   *
   * @param path a run directory, or the folder of a checkpoint; fully qualified
   * @throws InvalidConfigurationException if there is none
   */
  TrainedModel open(Path path) throws IOException {
    Path checkpoints = new Path(path, CHECKPOINTS);
    if (fileSystem.exists(checkpoints)) {
      return newest(path, new CheckpointStore(fileSystem, checkpoints));
    }
    CheckpointManifest manifest;
    try {
      manifest = CheckpointStore.readManifest(fileSystem, path);
    } catch (IOException unreadable) {
      throw new InvalidConfigurationException(
          "Cannot open model %s: must be a run directory or the folder of a whole checkpoint (%s)"
              .formatted(path, unreadable.getMessage()),
          unreadable);
    }
    List<String> damages = damages(path, manifest);
    if (!damages.isEmpty()) {
      throw new InvalidConfigurationException(
          "Cannot open model %s: it is damaged: %s".formatted(path, String.join("; ", damages)));
    }
    return model(path, manifest);
  }

  /** Opens the folder of a checkpoint that is known to be whole. */
  TrainedModel reopen(Path folder) throws IOException {
    return model(folder, CheckpointStore.readManifest(fileSystem, folder));
  }

  private TrainedModel newest(Path run, CheckpointStore store) throws IOException {
    CheckpointSearch search =
        new CheckpointSearch(store, manifest -> damages(store.folder(manifest.step()), manifest));
    CheckpointSearch.Result result = search.newest();
    if (result.newest().isPresent()) {
      CheckpointManifest manifest = result.newest().get();
      return model(fileSystem.makeQualified(store.folder(manifest.step())), manifest);
    }
    String reasons =
        result.passedOver().stream()
            .map(folder -> "step %d: %s".formatted(folder.step(), folder.reason()))
            .collect(Collectors.joining("; "));
    throw new InvalidConfigurationException(
        "Cannot open model %s: it holds no whole checkpoint%s"
            .formatted(run, reasons.isEmpty() ? "" : " (" + reasons + ")"));
  }

  private List<String> damages(Path folder, CheckpointManifest manifest) {
    return manifest.shards().stream()
        .flatMap(shard -> ShardVerifier.damage(fileSystem, folder, shard).stream())
        .toList();
  }

  private TrainedModel model(Path folder, CheckpointManifest manifest) throws IOException {
    RunConfiguration configuration = configuration(folder, manifest);
    TrainingTokens tokens = new TrainingTokens(folder, configuration, hadoop);
    Tokenizer tokenizer = tokens.tokenizer(manifest.provenance());
    GptConfiguration shape =
        ModelPlan.configuration(configuration.model(), tokenizer.vocabularySize());
    return new TrainedModel(
        folder,
        shape,
        tokenizer,
        Optional.of(
            new TrainedModel.TrainingText(
                tokens.runDirectory(), configuration.data(), tokens.directories())),
        configuration.weights().layout(),
        () -> CheckpointReader.open(fileSystem, folder, manifest));
  }

  private static RunConfiguration configuration(Path folder, CheckpointManifest manifest) {
    try {
      return RunConfiguration.fromYaml(
          new YAMLMapper().writeValueAsString(manifest.configuration()), folder.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write the configuration of " + folder, e);
    }
  }
}
