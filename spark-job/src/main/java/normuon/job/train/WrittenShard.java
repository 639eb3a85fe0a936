package normuon.job.train;

import java.io.Serializable;
import normuon.job.checkpoint.ShardFile;

/**
 * What a rank tells the driver of its shard of a checkpoint, which lies in the store.
 *
 * @param attemptId the attempt whose steps it holds
 * @param rank the rank
 * @param file the shard
 */
record WrittenShard(String attemptId, int rank, ShardFile file) implements Serializable {}
