package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.function.BiFunction;
import normuon.job.config.RunConfiguration;
import normuon.job.data.BatchSource;
import normuon.job.data.TokenMixture;
import normuon.job.data.TokenSplit;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.optimizer.NewtonSchulz;
import normuon.optimizer.ParameterGroup;
import normuon.optimizer.UpdateRule;
import normuon.optimizer.shard.Bucket;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.OwnerPlan;
import normuon.optimizer.shard.RowShard;
import normuon.torch.ParameterSpec;

/** One rank of a tiny real model, put together as the job does it or with other parts. */
final class StepRank {

  static final GptConfiguration MODEL =
      new GptConfiguration(
          11, 2, 2, 1, 0, 12, 8, GptConfiguration.Mlp.SWIGLU, 21, true, false, 10_000, 1e-6);
  static final List<ParameterSpec> SPECS = Gpt.specs(MODEL);
  static final int SEQUENCES = 6;

  private final TokenSplit tokens;
  private final Collectives collectives;
  private final RankState state;
  private final WeightLayout layout;

  /** A rank that holds all weights and whose parameters are routed by the given groups. */
  StepRank(
      RunConfiguration configuration,
      List<ParameterGroup> groups,
      TokenSplit tokens,
      Collectives collectives,
      NDManager parent) {
    this(
        configuration,
        groups,
        tokens,
        collectives,
        parent,
        (manager, place) -> ReplicatedWeights.of(Gpt.create(manager, MODEL, 1), place));
  }

  /** A rank that holds weights as they are given. */
  StepRank(
      RunConfiguration configuration,
      List<ParameterGroup> groups,
      TokenSplit tokens,
      Collectives collectives,
      NDManager parent,
      BiFunction<NDManager, Place, RankWeights> weights) {
    this.tokens = tokens;
    this.collectives = collectives;
    NDManager manager = parent.newSubManager();
    UpdateRules rules = UpdateRules.of(manager, configuration, SPECS);
    Place place =
        new Place(collectives.rank(), collectives.worldSize(), collectives.shardGroup().size());
    this.state =
        new RankState(
            manager,
            weights.apply(manager, place),
            rules,
            groups,
            buckets(groups, collectives.worldSize()),
            place);
    this.layout = state.weights().connect(state, collectives);
  }

  /** The model of a rank that holds all weights. */
  Gpt model() {
    return ((ReplicatedWeights) state.weights()).model();
  }

  WeightLayout layout() {
    return layout;
  }

  private static List<Bucket> buckets(List<ParameterGroup> groups, int worldSize) {
    List<ParameterSpec> matrices =
        groups.stream()
            .filter(group -> group.settings().rule() == UpdateRule.NORMUON)
            .flatMap(group -> group.parameters().stream())
            .toList();
    NewtonSchulz iteration = NewtonSchulz.defaults();
    return OwnerPlan.of(matrices, worldSize, m -> iteration.flops(m.rows(), m.columns()))
        .buckets(1024);
  }

  RankState state() {
    return state;
  }

  /** A step over all sequences, as the training loop takes it. */
  TrainStep step() {
    return step(SEQUENCES, 1);
  }

  /** A step over some of a step's sequences, in micro-batches of some on each rank. */
  TrainStep step(int sequences, int microBatch) {
    RowShard share = RowShard.of(sequences, collectives.worldSize(), collectives.rank());
    BatchSource batches =
        new BatchSource(
            List.of(new TokenMixture.Part(tokens, 1)), MODEL.context(), 1, share, microBatch);
    return new TrainStep(state, layout, batches, sequences, 1, collectives, new PhaseClock());
  }

  /** A checksum of the weights that this rank holds. */
  long weights() {
    return ReplicaCheck.checksum(state.weights().arrays());
  }

  /** A checksum of all that the rank keeps: its part of the weights and its shard of the state. */
  long everything() {
    List<NDArray> arrays = state.restored().stream().map(tensor -> tensor.array()).toList();
    return ReplicaCheck.checksum(arrays);
  }
}
