package normuon.job.comm;

/**
 * The place of one rank in one attempt to run a segment.
 *
 * @param attemptId names the attempt; messages of any other are refused
 * @param rank this rank, from 0
 * @param worldSize the number of ranks
 */
record Membership(String attemptId, int rank, int worldSize) {

  Membership {
    if (attemptId.isEmpty()) {
      throw new IllegalArgumentException("Invalid attempt id '': must not be empty");
    }
    if (worldSize < 1) {
      throw new IllegalArgumentException("Invalid world size " + worldSize + ": must be positive");
    }
    if (rank < 0 || rank >= worldSize) {
      throw new IllegalArgumentException(
          "Invalid rank " + rank + ": must be from 0 to " + (worldSize - 1));
    }
  }

  /** The k-th peer after this rank, for k from 1: ranks start at different peers. */
  int peer(int distance) {
    return (rank + distance) % worldSize;
  }
}
