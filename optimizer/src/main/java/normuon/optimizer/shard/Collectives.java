package normuon.optimizer.shard;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * The collective operations of one rank. Every rank calls the same operations; calls with the same
 * owner come in the same order on every rank, calls with different owners in any order.
 *
 * <p>Arrays are float32 and contiguous. A parameter of shape [rows, columns] or [elements] is
 * divided among ranks as {@link RowShard} says: {@code whole} is the full parameter, {@code rows}
 * the shard of this rank, possibly with no rows. Lists hold one entry per parameter, in the same
 * order on every rank.
 *
 * <p>What is sent must stay as it is until the next blocking operation has returned, and what is to
 * be received may change from the call on; it is complete after {@link Transfer#await()}, or after
 * the call for blocking operations. An array may be closed at any time.
 *
 * <p>An implementation may round what it sends. It then leaves the rounded values in the arrays of
 * the rank that sends, too, wherever others receive into theirs: all ranks have the same bits.
 *
 * <p>No wait outlasts the deadline the implementation was made with: it ends in a {@link
 * CollectiveException} that names the peer.
 */
public interface Collectives extends AutoCloseable {

  /** This rank, from 0. */
  int rank();

  /** The number of ranks. */
  int worldSize();

  /**
   * Sums parameters over the ranks and leaves each rank its own rows of the sums. The summands are
   * added in rank order, so that the same inputs give the same bits. Blocks.
   *
   * @param whole this rank's summands
   * @param rows receives this rank's rows of the sums
   */
  void reduceScatter(List<NDArray> whole, List<NDArray> rows);

  /**
   * Sums numbers over the ranks, in rank order; every rank gets the same bits. Blocks.
   *
   * @param values this rank's summands
   * @return the sums, one per summand
   */
  double[] allReduce(double... values);

  /**
   * Brings the rows of parameters together on their owner.
   *
   * @param owner the rank that receives
   * @param rows this rank's rows
   * @param whole receives the full parameters on the owner; ignored elsewhere
   */
  Transfer gather(int owner, List<NDArray> rows, List<NDArray> whole);

  /**
   * Sends arrays from their owner to every other rank.
   *
   * @param owner the rank that sends
   * @param arrays what is sent on the owner; receives it elsewhere
   */
  Transfer broadcast(int owner, List<NDArray> arrays);

  /**
   * Brings the rows of parameters together on every rank.
   *
   * @param rows this rank's rows
   * @param whole receives the full parameters
   */
  Transfer allGather(List<NDArray> rows, List<NDArray> whole);

  /**
   * Ends a long stretch of work between two operations, if this rank is to stop.
   *
   * @throws CollectiveException if it is
   */
  default void requireRunning() {}

  @Override
  void close();
}
