package normuon.job.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import normuon.job.checkpoint.HadoopFolder;
import normuon.job.config.DataSettings;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.MixtureSettings;
import normuon.job.config.WeightsSettings;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.model.ModelStages;
import normuon.model.hub.HubModel;
import normuon.model.hub.WeightSource;
import normuon.model.text.Tokenizer;
import normuon.torch.ParameterSpec;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A model as it lies in storage; its weights are read when it is loaded, or stage by stage while it
 * computes. It computes in float32, whatever its run computed in.
 *
 * @param folder the one folder that it was opened from, fully qualified: of a run directory, that
 *     of its newest whole checkpoint; opening it again gives the same model
 * @param shape the model's shape
 * @param tokenizer the tokenizer that it was trained with
 * @param training what it was trained on, as far as that is known
 * @param layout how its run held the weights
 * @param weights opens the weights
 */
public record TrainedModel(
    Path folder,
    GptConfiguration shape,
    Tokenizer tokenizer,
    Optional<TrainingText> training,
    WeightsSettings.Layout layout,
    Weights weights) {

  /**
   * The text that a model was trained on.
   *
   * @param directory the run directory
   * @param data where the text came from
   * @param tokens the folders of its tokens, whose validation splits were not trained on
   */
  public record TrainingText(Path directory, DataSettings data, List<MixtureSettings> tokens) {}

  /** Where weights come from. */
  @FunctionalInterface
  public interface Weights {

    /**
     * Opens them for reading; the caller closes them.
     *
     * @throws IOException if they are not there or not whole
     */
    WeightSource open() throws IOException;
  }

  /**
   * Finds a model, and verifies it: a checkpoint every byte against the hashes of its manifest.
   *
   * @param location a run directory, for its newest whole checkpoint, the folder of a checkpoint,
   *     or a folder of Hugging Face's layout, which has no hashes
   * @param hadoop how file systems are reached
   * @throws InvalidConfigurationException if there is no whole model there, or its tokenizer cannot
   *     be found
   * @throws UncheckedIOException if the store cannot be read
   */
  public static TrainedModel open(String location, Configuration hadoop) {
    Path path = Location.of(location);
    try {
      FileSystem fileSystem = Location.fileSystem(path, hadoop);
      if (!fileSystem.exists(path)) {
        throw new InvalidConfigurationException(
            "%s does not exist: must be a run directory, the folder of a checkpoint or a folder with a config.json"
                .formatted(location));
      }
      Path folder = fileSystem.makeQualified(path);
      HadoopFolder files = new HadoopFolder(fileSystem, folder);
      return HubModel.isIn(files)
          ? new HubSource(files).open()
          : new CheckpointSource(fileSystem, hadoop).open(folder);
    } catch (IOException unreadable) {
      throw new UncheckedIOException("Cannot open model " + location, unreadable);
    }
  }

  /**
   * Finds a model that somebody else has verified, by its {@link #folder}.
   *
   * @throws UncheckedIOException if it cannot be read
   */
  static TrainedModel reopen(String folder, Configuration hadoop) {
    Path path = new Path(folder);
    try {
      FileSystem fileSystem = Location.fileSystem(path, hadoop);
      HadoopFolder files = new HadoopFolder(fileSystem, path);
      return HubModel.isIn(files)
          ? new HubSource(files).open()
          : new CheckpointSource(fileSystem, hadoop).reopen(path);
    } catch (IOException unreadable) {
      throw new UncheckedIOException("Cannot open model " + folder, unreadable);
    }
  }

  /** Whether {@link #openAsTrained} leaves the weights in storage, and each pass reads them. */
  public boolean isStreamed() {
    return layout == WeightsSettings.Layout.SHARDED;
  }

  /**
   * Opens the model to predict with it, as its run held its weights: all of them at once, or stage
   * by stage.
   *
   * @param manager on the device that is to compute; the caller closes the model before it
   * @throws UncheckedIOException if the weights cannot be read
   */
  public OpenModel openAsTrained(NDManager manager) {
    return isStreamed() ? OpenModel.streamed(this, manager) : OpenModel.resident(load(manager));
  }

  /**
   * Reads the weights.
   *
   * @param manager on the device that is to compute; the caller closes the model before it
   * @throws UncheckedIOException if they cannot be read
   */
  public Gpt load(NDManager manager) {
    Gpt model = Gpt.create(manager, shape, 0);
    try (WeightSource source = weights.open()) {
      Iterator<NDArray> arrays = model.parameters().iterator();
      for (ParameterSpec parameter : Gpt.specs(shape)) {
        source.read(parameter, arrays.next());
      }
      return model;
    } catch (IOException unreadable) {
      model.close();
      throw unreadable(unreadable);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /**
   * Leaves the weights where they are, to be read stage by stage whenever they are needed.
   *
   * @param manager on the device that is to compute; the caller closes the stages before it
   * @throws UncheckedIOException if they are not there
   */
  public StoredStages stages(NDManager manager) {
    try {
      return new StoredStages(folder, ModelStages.of(shape), weights.open(), manager);
    } catch (IOException unreadable) {
      throw unreadable(unreadable);
    }
  }

  private UncheckedIOException unreadable(IOException cause) {
    return new UncheckedIOException(
        "Cannot read model " + folder + ": " + cause.getMessage(), cause);
  }
}
