package normuon.optimizer.shard;

import java.util.Arrays;
import java.util.Optional;

/**
 * Spreads pieces of work over ranks so that the largest load is small: longest processing time
 * first, each piece in turn to the rank with the least work so far; then, by bisection, whatever
 * smaller bound on the loads first fit decreasing keeps to (multifit: E. Coffman, M. Garey and D.
 * Johnson, SIAM Journal on Computing 7, 1978). The first alone can leave a rank with two of three
 * large pieces where one of each and some smaller ones would do.
 */
final class WorkAssignment {

  private final long[] costs;
  private final int ranks;

  private WorkAssignment(long[] costs, int ranks) {
    this.costs = costs;
    this.ranks = ranks;
  }

  /**
   * Assigns every piece.
   *
   * @param costs the work of each piece, largest first
   * @param ranks how many ranks there are, at least 1
   * @return the rank of each piece; of equal choices the lowest rank
   */
  static int[] ranks(long[] costs, int ranks) {
    return new WorkAssignment(costs, ranks).ranks();
  }

  private int[] ranks() {
    int[] best = leastLoadedRanks();
    long reached = largestLoad(best);
    long possible = leastConceivableLoad();
    while (possible < reached) {
      long bound = possible + (reached - possible) / 2;
      Optional<int[]> within = firstRanksWithin(bound);
      if (within.isPresent()) {
        best = within.get();
        reached = largestLoad(best);
      } else {
        possible = bound + 1;
      }
    }
    return best;
  }

  private int[] leastLoadedRanks() {
    int[] owners = new int[costs.length];
    long[] loads = new long[ranks];
    for (int piece = 0; piece < costs.length; piece++) {
      int least = 0;
      for (int rank = 1; rank < ranks; rank++) {
        if (loads[rank] < loads[least]) {
          least = rank;
        }
      }
      owners[piece] = least;
      loads[least] += costs[piece];
    }
    return owners;
  }

  /** Each piece to the first rank that it does not load beyond the bound; empty if none is left. */
  private Optional<int[]> firstRanksWithin(long bound) {
    int[] owners = new int[costs.length];
    long[] loads = new long[ranks];
    for (int piece = 0; piece < costs.length; piece++) {
      int rank = 0;
      while (rank < ranks && loads[rank] + costs[piece] > bound) {
        rank++;
      }
      if (rank == ranks) {
        return Optional.empty();
      }
      owners[piece] = rank;
      loads[rank] += costs[piece];
    }
    return Optional.of(owners);
  }

  private long largestLoad(int[] owners) {
    long[] loads = new long[ranks];
    for (int piece = 0; piece < costs.length; piece++) {
      loads[owners[piece]] += costs[piece];
    }
    return Arrays.stream(loads).max().orElse(0);
  }

  /** The mean load or the largest piece, whichever is more. */
  private long leastConceivableLoad() {
    long sum = Arrays.stream(costs).sum();
    long mean = (sum + ranks - 1) / ranks;
    return Math.max(mean, costs.length == 0 ? 0 : costs[0]);
  }
}
