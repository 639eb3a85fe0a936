package normuon.job.train;

import normuon.job.config.WeightsSettings;
import normuon.optimizer.shard.RowShard;
import normuon.optimizer.shard.ShardGroup;
import normuon.torch.ParameterSpec;

/**
 * One rank among all.
 *
 * @param rank the rank, from 0
 * @param worldSize the number of ranks
 * @param groupSize how many ranks hold all rows between them; other groups hold them, too
 */
record Place(int rank, int worldSize, int groupSize) {

  /** A rank of one group. */
  Place(int rank, int worldSize) {
    this(rank, worldSize, worldSize);
  }

  /** The place of a rank where the weights lie so: replicated ones have one group's state. */
  static Place of(int rank, int worldSize, WeightsSettings weights) {
    return new Place(
        rank, worldSize, weights.isSharded() ? weights.groupSize(worldSize) : worldSize);
  }

  /** The ranks that hold all rows between them. */
  ShardGroup group() {
    return new ShardGroup(worldSize, groupSize, rank);
  }

  /** The rows of a parameter that this rank holds. */
  RowShard shard(ParameterSpec spec) {
    return group().rows(spec.rows());
  }

  /** The part of these rows that it writes, as every group holds them and one copy is enough. */
  RowShard written(ParameterSpec spec) {
    RowShard held = shard(spec);
    RowShard part = RowShard.of(held.rows(), worldSize / groupSize, group().index());
    return new RowShard(held.start() + part.start(), held.start() + part.end());
  }
}
