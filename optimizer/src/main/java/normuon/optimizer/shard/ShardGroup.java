package normuon.optimizer.shard;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The place of one rank among groups of ranks that divide parameters among themselves: inside a
 * group every rank holds rows of its own, and ranks of the same position in different groups hold
 * the same rows. Groups are runs of consecutive ranks.
 *
 * @param worldSize the number of ranks
 * @param size the ranks of a group; divides the number of ranks
 * @param rank this rank, from 0
 */
public record ShardGroup(int worldSize, int size, int rank) {

  /** Checks the numbers. */
  public ShardGroup {
    if (worldSize < 1) {
      throw new IllegalArgumentException("Invalid world size " + worldSize + ": must be positive");
    }
    if (size < 1 || worldSize % size != 0) {
      throw new IllegalArgumentException(
          "Invalid shard group of "
              + size
              + " ranks: must be of a number that divides the "
              + worldSize
              + " ranks");
    }
    if (rank < 0 || rank >= worldSize) {
      throw new IllegalArgumentException(
          "Invalid rank " + rank + ": must be from 0 to " + (worldSize - 1));
    }
  }

  /** One group of all ranks. */
  public static ShardGroup whole(int worldSize, int rank) {
    return new ShardGroup(worldSize, worldSize, rank);
  }

  /** The number of groups. */
  public int groups() {
    return worldSize / size;
  }

  /** Which group this rank is in, from 0. */
  public int index() {
    return rank / size;
  }

  /** Which rank of its group this one is, from 0. */
  public int position() {
    return rank % size;
  }

  /**
   * The rows of a parameter that this rank holds.
   *
   * @param rows rows of the whole parameter
   */
  public RowShard rows(long rows) {
    return RowShard.of(rows, size, position());
  }

  /** The ranks of this rank's group in order, this one among them. */
  public List<Integer> members() {
    return IntStream.range(index() * size, (index() + 1) * size).boxed().toList();
  }

  /** Whether another rank is in this rank's group. */
  public boolean isMember(int other) {
    return other / size == index();
  }

  /**
   * The ranks that hold the same rows, in order: one of each group.
   *
   * @param position which rank of its group each of them is
   */
  public List<Integer> holders(int position) {
    return IntStream.range(0, groups()).map(group -> group * size + position).boxed().toList();
  }
}
