package normuon.job.train;

import java.io.Serializable;
import normuon.job.checkpoint.ShardFile;

/**
 * What a rank tells the driver of its shard of a checkpoint.
 *
 * @param attemptId the attempt whose steps it holds
 * @param rank the rank
 * @param file the shard, which lies in the store; null if it could not be written
 * @param failure why it could not be written; empty if it was
 */
record WrittenShard(String attemptId, int rank, ShardFile file, String failure)
    implements Serializable {}
