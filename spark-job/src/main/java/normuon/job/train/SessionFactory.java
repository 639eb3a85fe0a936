package normuon.job.train;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import normuon.job.checkpoint.CheckpointManifest;
import normuon.job.checkpoint.CheckpointReader;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TokenMixture;
import normuon.model.ComputeOptions;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.torch.ParameterSpec;
import normuon.torch.TorchRuntime;
import org.apache.spark.SparkFiles;

/** Makes the session of a rank: for step 0 from the seed or another run, else from a checkpoint. */
final class SessionFactory {

  /** The driver may be just about to commit the checkpoint: it writes two small files. */
  private static final Duration LONGEST_COMMIT = Duration.ofSeconds(5);

  private final TrainingPlan plan;
  private final Place place;
  private final Device device;

  /**
   * Creates the factory.
   *
   * @param device where the rank's arrays live
   */
  SessionFactory(TrainingPlan plan, Place place, Device device) {
    this.plan = plan;
    this.place = place;
    this.device = device;
  }

  /**
   * Makes the session after a step.
   *
   * @param step 0, or the step of a checkpoint all of whose shards are written
   * @throws LostShardException if it is not committed: one of the shards never came
   */
  RankSession restore(long step) {
    RunFiles files = RunFiles.of(plan.runDirectory());
    TokenMixture data = openData(files);
    RankState state = initialState(data);
    try {
      if (step > 0) {
        read(state, files, step);
      } else if (!plan.initialCheckpoint().isEmpty()) {
        InitialModel.read(
            plan.initialCheckpoint(),
            plan.configuration().initialization().state(),
            state,
            files.hadoop());
      }
      return new RankSession(state, data, new BackgroundWrites(deadline()));
    } catch (RuntimeException | Error e) {
      state.close();
      throw e;
    }
  }

  /** The next attempt may be in this process, so that a failure leaves nothing native behind. */
  private RankState initialState(TokenMixture data) {
    NDManager manager = TorchRuntime.newManager(device);
    try {
      return initialState(manager, data);
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  private RankState initialState(NDManager manager, TokenMixture data) {
    RunConfiguration configuration = plan.configuration();
    GptConfiguration model =
        ModelPlan.configuration(configuration.model(), data.manifest().vocabularySize());
    List<ParameterSpec> specs = Gpt.specs(model);
    ModelPlan modelPlan = ModelPlan.of(configuration, specs, place.worldSize());
    UpdateRules rules = UpdateRules.of(manager, configuration, specs);
    RankWeights weights = weights(manager, model);
    try {
      return new RankState(manager, weights, rules, modelPlan.groups(), modelPlan.buckets(), place);
    } catch (RuntimeException | Error e) {
      weights.close();
      throw e;
    }
  }

  private RankWeights weights(NDManager manager, GptConfiguration model) {
    RunConfiguration configuration = plan.configuration();
    ComputeOptions options = ModelPlan.computeOptions(configuration.train());
    long seed = configuration.train().seed();
    return switch (configuration.weights().layout()) {
      case REPLICATED -> ReplicatedWeights.of(Gpt.create(manager, model, options, seed), place);
      case SHARDED ->
          ShardedWeights.create(
              manager,
              new ShardedWeights.Options(
                  model, options, configuration.weights().keepGatheredBlocks()),
              seed,
              place);
    };
  }

  private void read(RankState state, RunFiles files, long step) {
    CheckpointStore store = files.checkpoints();
    if (!store.awaitCommitted(step, LONGEST_COMMIT)) {
      throw new LostShardException(store.folder(step));
    }
    CheckpointManifest manifest = store.read(step);
    try (CheckpointReader reader =
        CheckpointReader.open(files.fileSystem(), store.folder(step), manifest)) {
      reader.read(state.restored());
    }
  }

  private Duration deadline() {
    return Duration.ofSeconds(plan.configuration().communication().deadlineSeconds());
  }

  private TokenMixture openData(RunFiles files) {
    try {
      Path copies = Path.of(SparkFiles.getRootDirectory(), "tokens");
      return TokenMixture.open(plan.tokens(), files.hadoop(), copies);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot open the tokens of " + plan.tokens(), e);
    }
  }
}
