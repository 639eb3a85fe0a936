package normuon.job.comm;

import java.util.List;

/** How the ranks of an attempt learn where the others listen. */
@FunctionalInterface
interface Rendezvous {

  /**
   * Makes this rank's address known and waits for the others'.
   *
   * @param self this rank
   * @param address where it listens
   * @param wait the longest wait
   * @return the addresses of all ranks, in rank order
   * @throws normuon.optimizer.shard.CollectiveException if not all ranks come in time
   */
  List<PeerAddress> meet(Membership self, PeerAddress address, Wait wait);
}
