package normuon.job.comm;

import java.util.List;
import java.util.stream.IntStream;
import normuon.optimizer.shard.ShardGroup;

/**
 * The place of one rank in one attempt to run a segment.
 *
 * @param attemptId names the attempt; messages of any other are refused
 * @param group the rank, and with whom it divides parameters
 */
record Membership(String attemptId, ShardGroup group) {

  Membership {
    if (attemptId.isEmpty()) {
      throw new IllegalArgumentException("Invalid attempt id '': must not be empty");
    }
  }

  /** This rank, from 0. */
  int rank() {
    return group.rank();
  }

  /** The number of ranks. */
  int worldSize() {
    return group.worldSize();
  }

  /** All other ranks, beginning after this one: ranks start at different peers. */
  List<Integer> peers() {
    return IntStream.range(1, worldSize())
        .map(distance -> (rank() + distance) % worldSize())
        .boxed()
        .toList();
  }

  /** The other ranks of this one's group, beginning after it. */
  List<Integer> groupPeers() {
    return positions(1).mapToObj(position -> group.members().get(position)).toList();
  }

  /** All positions of a group, beginning with this rank's. */
  List<Integer> positions() {
    return positions(0).boxed().toList();
  }

  /** The ranks but this one that hold the rows of a position, in order. */
  List<Integer> others(int position) {
    return group.holders(position).stream().filter(holder -> holder != rank()).toList();
  }

  private IntStream positions(int from) {
    return IntStream.range(from, group.size())
        .map(distance -> (group.position() + distance) % group.size());
  }
}
