package normuon.job.train;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import normuon.job.checkpoint.DamageException;
import normuon.job.checkpoint.HadoopFolder;
import normuon.job.config.InitializationSettings;
import normuon.job.config.InitializationSettings.State;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TokenManifest;
import normuon.model.GptConfiguration;
import normuon.model.hub.HubModel;
import normuon.model.hub.InvalidModelException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/** What a run starts from in place of weights drawn from its seed. */
sealed interface InitialModel permits InitialCheckpoint, InitialHubModel {

  /** Its folder, fully qualified. */
  Path folder();

  /**
   * Checks that a run can start from it.
   *
   * @param model the run's model
   * @param tokens the run's tokens
   * @param verification how the shards of a checkpoint are verified
   * @return what could not be checked, a sentence each
   * @throws InvalidConfigurationException if it is damaged, or of another model, tokenizer or,
   *     where its state is taken over, optimizer
   */
  List<String> requireFit(
      RunConfiguration run,
      GptConfiguration model,
      TokenManifest tokens,
      ShardVerification verification);

  /** Where a run stands that starts from it. */
  Progress progress(RunConfiguration run);

  /**
   * Fills a rank's state.
   *
   * @param taken what the run takes
   */
  void read(State taken, RankState state) throws IOException;

  /**
   * Opens what a configuration names.
   *
   * @return empty if it names nothing
   * @throws InvalidConfigurationException if that is neither a checkpoint nor a model of Hugging
   *     Face's layout
   * @throws UncheckedIOException if it cannot be read now
   */
  static Optional<InitialModel> of(InitializationSettings settings, Configuration hadoop) {
    if (settings.isFromSeed()) {
      return Optional.empty();
    }
    Path path = Location.of(settings.checkpoint());
    try {
      FileSystem fileSystem = Location.fileSystem(path, hadoop);
      Path folder = fileSystem.makeQualified(path);
      return Optional.of(open(fileSystem, folder));
    } catch (FileNotFoundException
        | DamageException
        | InvalidModelException
        | UnsupportedFileSystemException unusable) {
      throw new InvalidConfigurationException(
          "Invalid initialization.checkpoint %s: must be the folder of a whole checkpoint (%s), or of a model with a config.json"
              .formatted(settings.checkpoint(), unusable.getMessage()),
          unusable);
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot read " + settings.checkpoint(), unreachable);
    }
  }

  /**
   * Fills a rank's state with what its run takes.
   *
   * @param folder the folder, fully qualified
   */
  static void read(String folder, State taken, RankState state, Configuration hadoop) {
    Path path = new Path(folder);
    try {
      FileSystem fileSystem = Location.fileSystem(path, hadoop);
      open(fileSystem, path).read(taken, state);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + folder + ": " + e.getMessage(), e);
    }
  }

  private static InitialModel open(FileSystem fileSystem, Path folder) throws IOException {
    HadoopFolder files = new HadoopFolder(fileSystem, folder);
    return HubModel.isIn(files)
        ? new InitialHubModel(files)
        : InitialCheckpoint.open(fileSystem, folder);
  }

  /** What is wrong with what a run was to start from. */
  static InvalidConfigurationException invalid(InitializationSettings settings, String reason) {
    return new InvalidConfigurationException(
        "Invalid initialization.checkpoint %s: %s".formatted(settings.checkpoint(), reason));
  }
}
