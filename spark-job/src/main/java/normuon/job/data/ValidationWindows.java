package normuon.job.data;

import java.util.stream.LongStream;
import normuon.optimizer.shard.RowShard;

/**
 * The whole validation split in consecutive windows, each of which predicts {@code context} tokens;
 * a rank takes a contiguous share. Less than one window at the end of the split is left out.
 */
public final class ValidationWindows {

  private final TokenSplit split;
  private final int context;
  private final RowShard share;

  /**
   * Creates the windows of a rank.
   *
   * @param split the tokens for validation
   * @param context the number of inputs of a window
   * @param worldSize the number of ranks
   * @param rank the rank, from 0
   */
  public ValidationWindows(TokenSplit split, int context, int worldSize, int rank) {
    this(split, context, RowShard.of(all(split, context), worldSize, rank));
  }

  private ValidationWindows(TokenSplit split, int context, RowShard share) {
    this.split = split;
    this.context = context;
    this.share = share;
  }

  /**
   * Creates the windows of a rank that takes whole batches: which windows go through the model
   * together does not depend on the number of ranks then.
   *
   * @param windowsPerBatch what {@link #batches} will be asked for
   */
  public static ValidationWindows inWholeBatches(
      TokenSplit split, int context, int windowsPerBatch, int worldSize, int rank) {
    long windows = all(split, context);
    long batches = (windows + windowsPerBatch - 1) / windowsPerBatch;
    RowShard share = RowShard.of(batches, worldSize, rank);
    return new ValidationWindows(
        split,
        context,
        new RowShard(
            Math.min(windows, share.start() * windowsPerBatch),
            Math.min(windows, share.end() * windowsPerBatch)));
  }

  private static long all(TokenSplit split, int context) {
    return Math.max(0, (split.tokens() - 1) / context);
  }

  /** The number of windows of this rank. */
  public long windows() {
    return share.rows();
  }

  /**
   * The windows of this rank in order.
   *
   * @param windowsPerBatch the most windows that go through the model together
   */
  public Iterable<Batch> batches(int windowsPerBatch) {
    long batches = (share.rows() + windowsPerBatch - 1) / windowsPerBatch;
    return () ->
        LongStream.range(0, batches)
            .mapToObj(batch -> batch(share.start() + batch * windowsPerBatch, windowsPerBatch))
            .iterator();
  }

  private Batch batch(long first, int windowsPerBatch) {
    long end = Math.min(first + windowsPerBatch, share.end());
    return Batch.read(
        context,
        LongStream.range(first, end)
            .mapToObj(window -> new Batch.Start(split, window * context))
            .toList());
  }
}
