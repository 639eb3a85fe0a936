package normuon.job.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.CheckpointReader;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.checkpoint.HadoopFolder;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.RunConfiguration;
import normuon.job.train.ModelPlan;
import normuon.model.GptConfiguration;
import normuon.model.hub.HubModel;
import normuon.model.hub.WeightSource;
import normuon.model.text.Tokenizer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A trained model, open for reading: of a run directory, which means its last checkpoint, of a
 * checkpoint, or of a folder of Hugging Face's layout.
 */
public final class TrainedModel implements Closeable {

  private static final String EMBEDDING = "model.embed_tokens.weight";

  private final Path folder;
  private final GptConfiguration configuration;
  private final WeightSource weights;
  private final Optional<Tokenizer> tokenizer;
  private final Optional<CheckpointManifest> checkpoint;

  private TrainedModel(
      Path folder,
      GptConfiguration configuration,
      WeightSource weights,
      Optional<Tokenizer> tokenizer,
      Optional<CheckpointManifest> checkpoint) {
    this.folder = folder;
    this.configuration = configuration;
    this.weights = weights;
    this.tokenizer = tokenizer;
    this.checkpoint = checkpoint;
  }

  /**
   * Opens a model. The bytes of a checkpoint are not compared with its hashes.
   *
   * @param directory a run directory, a checkpoint's folder, or a folder with a config.json
   * @param hadoop how file systems are reached
   * @throws InvalidConfigurationException if it is none of these
   * @throws IOException if it cannot be read, or is no model that this program can be
   */
  public static TrainedModel open(String directory, Configuration hadoop) throws IOException {
    Path path = Location.of(directory);
    FileSystem fileSystem = Location.fileSystem(path, hadoop);
    Path folder = fileSystem.makeQualified(path);
    if (!fileSystem.exists(folder)) {
      throw new InvalidConfigurationException(directory + " does not exist");
    }
    HadoopFolder files = new HadoopFolder(fileSystem, folder);
    if (HubModel.isIn(files)) {
      HubModel model = HubModel.open(files);
      return new TrainedModel(
          folder, model.configuration(), model, model.tokenizer(), Optional.empty());
    }
    if (files.has("manifest.json") || folder.getName().startsWith("step-")) {
      return ofCheckpoint(fileSystem, folder, hadoop);
    }
    CheckpointStore store = new CheckpointStore(fileSystem, new Path(folder, "checkpoints"));
    List<Long> steps = store.committedSteps();
    if (steps.isEmpty()) {
      throw new InvalidConfigurationException(
          "Cannot find a model in %s: must be a run directory with a checkpoint, a checkpoint's folder, or a folder with a config.json"
              .formatted(directory));
    }
    return ofCheckpoint(fileSystem, store.folder(steps.get(steps.size() - 1)), hadoop);
  }

  private static TrainedModel ofCheckpoint(FileSystem fileSystem, Path folder, Configuration hadoop)
      throws IOException {
    CheckpointManifest manifest = CheckpointStore.readManifest(fileSystem, folder);
    RunConfiguration run = runConfiguration(manifest, folder);
    CheckpointReader reader;
    try {
      reader = CheckpointReader.open(fileSystem, folder, manifest);
    } catch (UncheckedIOException unreadable) {
      throw new IOException(unreadable.getMessage(), unreadable);
    }
    try {
      long[] embedding =
          reader
              .shape(EMBEDDING)
              .orElseThrow(() -> new IOException("Cannot find " + EMBEDDING + " in " + folder));
      return new TrainedModel(
          folder,
          ModelPlan.configuration(run.model(), Math.toIntExact(embedding[0])),
          reader,
          CheckpointTokenizer.of(folder, manifest, run, hadoop),
          Optional.of(manifest));
    } catch (IOException | RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  private static RunConfiguration runConfiguration(CheckpointManifest manifest, Path folder) {
    try {
      return RunConfiguration.fromYaml(
          new YAMLMapper().writeValueAsString(manifest.configuration()), folder.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write the configuration of " + folder, e);
    }
  }

  /** Its folder, fully qualified: of a run directory, that of its last checkpoint. */
  public Path folder() {
    return folder;
  }

  /** Its shape. */
  public GptConfiguration configuration() {
    return configuration;
  }

  /** Its weights, as long as this is open. */
  public WeightSource weights() {
    return weights;
  }

  /** Its tokenizer; empty if there is no file that says which it is. */
  public Optional<Tokenizer> tokenizer() {
    return tokenizer;
  }

  /** What its checkpoint says of itself; empty for a folder of Hugging Face's layout. */
  public Optional<CheckpointManifest> checkpoint() {
    return checkpoint;
  }

  @Override
  public void close() throws IOException {
    weights.close();
  }
}
