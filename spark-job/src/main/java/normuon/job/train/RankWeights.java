package normuon.job.train;

import ai.djl.ndarray.NDArray;
import java.util.List;
import normuon.model.GptConfiguration;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.RowShard;
import normuon.optimizer.shard.ShardGroup;
import normuon.torch.ParameterSpec;

/** The weights that one rank keeps from step to step: all of them, or its rows. */
interface RankWeights extends AutoCloseable {

  /** The model's shape. */
  GptConfiguration configuration();

  /** This rank's part of every parameter, in the model's order: float32, changed in place. */
  List<NDArray> arrays();

  /** The ranks that hold all weights between them; of one rank where every rank holds all. */
  ShardGroup group();

  /** The rows of a parameter that this rank holds. */
  default RowShard rows(ParameterSpec parameter) {
    return group().rows(parameter.rows());
  }

  /**
   * What goes on in a step over the ranks of a segment.
   *
   * @param state the state that these weights are part of
   * @param collectives connects this rank with all others
   */
  WeightLayout connect(RankState state, Collectives collectives);

  @Override
  void close();
}
