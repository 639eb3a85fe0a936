package normuon.job.train;

import ai.djl.ndarray.NDArray;
import java.util.List;
import normuon.model.Gpt;
import normuon.model.GptConfiguration;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.ShardGroup;

/**
 * All weights, the same on every rank.
 *
 * @param model the model that has them
 * @param group of this rank alone
 */
record ReplicatedWeights(Gpt model, ShardGroup group) implements RankWeights {

  /** The weights of a model on one rank of many. */
  static ReplicatedWeights of(Gpt model, Place place) {
    return new ReplicatedWeights(model, new ShardGroup(place.worldSize(), 1, place.rank()));
  }

  @Override
  public GptConfiguration configuration() {
    return model.configuration();
  }

  @Override
  public List<NDArray> arrays() {
    return model.parameters();
  }

  @Override
  public WeightLayout connect(RankState state, Collectives collectives) {
    return new ReplicatedLayout(state, model, collectives);
  }

  @Override
  public void close() {
    model.close();
  }
}
