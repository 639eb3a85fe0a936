package normuon.job.data;

import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The tokens of one split: its shards in order, read as one long sequence. Any number of threads
 * may read at once.
 */
public final class TokenSplit {

  private final List<TokenShard> shards;
  private final long[] starts;

  TokenSplit(List<TokenShard> shards) {
    this.shards = List.copyOf(shards);
    this.starts = new long[shards.size() + 1];
    for (int i = 0; i < shards.size(); i++) {
      starts[i + 1] = starts[i] + shards.get(i).tokens();
    }
  }

  /** The tokens of several splits, one after the other's. */
  static TokenSplit concat(List<TokenSplit> splits) {
    return new TokenSplit(splits.stream().flatMap(split -> split.shards.stream()).toList());
  }

  /** The number of tokens. */
  public long tokens() {
    return starts[shards.size()];
  }

  /**
   * Appends the tokens [position, position + count) to the target, which advances by {@code count}.
   *
   * @throws IndexOutOfBoundsException if they are not all in the split
   */
  public void copyTokens(long position, int count, LongBuffer target) {
    if (position < 0 || count < 0 || position + count > tokens()) {
      throw new IndexOutOfBoundsException(
          "Invalid range of %d tokens at %d: the split has %d"
              .formatted(count, position, tokens()));
    }
    long next = position;
    long end = position + count;
    for (int shard = shardOf(position); next < end; shard++) {
      int length = (int) (Math.min(end, starts[shard + 1]) - next);
      shards.get(shard).copyTokens((int) (next - starts[shard]), length, target);
      next += length;
    }
  }

  private int shardOf(long position) {
    int found = Arrays.binarySearch(starts, position);
    return found >= 0 ? found : -found - 2;
  }
}
