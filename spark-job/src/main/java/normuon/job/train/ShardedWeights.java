package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import normuon.model.ComputeOptions;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.RowShard;
import normuon.optimizer.shard.ShardGroup;
import normuon.torch.ParameterSpec;

/**
 * This rank's rows of all weights.
 *
 * @param options the model's shape and how it computes
 * @param arrays its rows of every parameter, in the model's order
 * @param group the ranks that hold all rows between them
 */
record ShardedWeights(Options options, List<NDArray> arrays, ShardGroup group)
    implements RankWeights {

  /**
   * What passes depend on.
   *
   * @param model the model's shape
   * @param compute how it computes
   * @param keptBlocks how many of the last blocks stay whole between forward and backward pass
   */
  record Options(GptConfiguration model, ComputeOptions compute, int keptBlocks) {}

  /**
   * Makes the rows of the first weights.
   *
   * @param manager owns them
   * @param seed the run's seed: rows are those of the whole model that has it
   */
  static ShardedWeights create(NDManager manager, Options options, long seed, Place place) {
    List<NDArray> arrays = new ArrayList<>();
    for (ParameterSpec spec : Gpt.specs(options.model)) {
      RowShard rows = place.shard(spec);
      arrays.add(Gpt.initialRows(manager, options.model, spec, seed, rows.start(), rows.end()));
    }
    return new ShardedWeights(options, List.copyOf(arrays), place.group());
  }

  @Override
  public GptConfiguration configuration() {
    return options.model;
  }

  @Override
  public WeightLayout connect(RankState state, Collectives collectives) {
    return new ShardedLayout(state, this, collectives);
  }

  /** The arrays close with their manager. */
  @Override
  public void close() {}
}
