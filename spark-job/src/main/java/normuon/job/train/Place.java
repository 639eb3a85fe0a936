package normuon.job.train;

import normuon.optimizer.shard.RowShard;
import normuon.torch.ParameterSpec;

/**
 * One rank among all.
 *
 * @param rank the rank, from 0
 * @param worldSize the number of ranks
 */
record Place(int rank, int worldSize) {

  /** The rows of a parameter that this rank holds. */
  RowShard shard(ParameterSpec spec) {
    return RowShard.of(spec.rows(), worldSize, rank);
  }
}
