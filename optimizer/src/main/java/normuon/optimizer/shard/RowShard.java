package normuon.optimizer.shard;

/**
 * The rows [{@code start}, {@code end}) of a parameter that one rank holds.
 *
 * <p>Rows are divided as evenly as they can be; the first {@code rows mod worldSize} ranks hold one
 * more. A parameter with fewer rows than ranks leaves the last ranks an empty shard.
 *
 * @param start the first row of the shard
 * @param end the row after the last one
 */
public record RowShard(long start, long end) {

  /**
   * The shard of one rank.
   *
   * @param rows rows of the whole parameter
   * @param worldSize number of ranks
   * @param rank the rank, from 0
   */
  public static RowShard of(long rows, int worldSize, int rank) {
    if (rank < 0 || rank >= worldSize) {
      throw new IllegalArgumentException(
          "Invalid rank " + rank + ": must be from 0 to " + (worldSize - 1));
    }
    long base = rows / worldSize;
    long longer = rows % worldSize;
    long start = rank * base + Math.min(rank, longer);
    return new RowShard(start, start + base + (rank < longer ? 1 : 0));
  }

  /** The number of rows; 0 for an empty shard. */
  public long rows() {
    return end - start;
  }

  /** Whether this rank holds no row. */
  public boolean isEmpty() {
    return start == end;
  }
}
