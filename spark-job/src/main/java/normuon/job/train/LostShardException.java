package normuon.job.train;

import org.apache.hadoop.fs.Path;

/**
 * A checkpoint that can never be complete: an executor was lost between two segments, before it had
 * written its shard.
 */
final class LostShardException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  LostShardException(Path checkpoint) {
    super(
        "Cannot go on from checkpoint %s: it is not complete, as an executor was lost before it had written its shard"
            .formatted(checkpoint));
  }
}
