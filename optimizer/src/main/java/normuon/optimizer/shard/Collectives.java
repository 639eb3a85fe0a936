package normuon.optimizer.shard;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * The collective operations of one rank. Every rank calls the same operations; calls with the same
 * owner come in the same order on every rank, calls with different owners in any order.
 *
 * <p>A parameter of shape [rows, columns] or [elements] is divided among the ranks of a {@link
 * ShardGroup}: {@code whole} is the full parameter, {@code rows} the rows of this rank's position
 * in its group, possibly none. Lists hold one entry per parameter, in the same order on every rank.
 * Arrays are contiguous, and float32 where nothing else is said.
 *
 * <p>What is sent must stay as it is until the next {@link #allReduce} has returned; for {@link
 * #reduceScatter} until it has returned itself, and for {@link #gatherWeights} and {@link
 * #gatherRoundedWeights} until they have been awaited. What is to be received may change from the
 * call on; it is complete after {@link Transfer#await()}, or after the call for blocking
 * operations. An array may be closed at any time.
 *
 * <p>An implementation may round what it sends. It then leaves the rounded values in the arrays of
 * the rank that sends, too, wherever others receive into theirs: all ranks that hold the same rows
 * have the same bits.
 *
 * <p>Several threads may call different operations at the same time. The calls of one operation
 * come from one thread at a time.
 *
 * <p>No wait outlasts the deadline the implementation was made with: it ends in a {@link
 * CollectiveException} that names the peer.
 */
public interface Collectives extends AutoCloseable {

  /** This rank, from 0. */
  int rank();

  /** The number of ranks. */
  int worldSize();

  /** The ranks that divide parameters among themselves, and this rank's place among them. */
  ShardGroup shardGroup();

  /**
   * Sums parameters over all ranks and leaves each rank its own rows of the sums. The summands are
   * added in rank order, so that the same inputs give the same bits, whatever the groups. Blocks.
   *
   * <p>An implementation that rounds what it sends rounds summands; with several groups also the
   * sum of the groups before each next one, and the last sum.
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
   * Brings the rows of parameters together on their owner. The ranks of the owner's group send;
   * those of other groups have no part in it.
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
   * Sends every rank its rows of parameters from their owner. They may be received in the arrays
   * from which a {@link #gather} of the same parameters has sent to that owner, as it has them
   * before it can send.
   *
   * @param owner the rank that sends
   * @param whole the full parameters on the owner, which stay as they are; ignored elsewhere
   * @param rows receives this rank's rows, on the owner too
   */
  Transfer scatter(int owner, List<NDArray> whole, List<NDArray> rows);

  /**
   * Brings the rows of parameters together on every rank of the group.
   *
   * @param rows this rank's rows
   * @param whole receives the full parameters
   */
  Transfer allGather(List<NDArray> rows, List<NDArray> whole);

  /**
   * Brings the rows of weights together on every rank of the group, bit for bit: nothing is
   * rounded. Calls may overlap.
   *
   * @param rows this rank's rows
   * @param whole receives the full weights
   */
  Transfer gatherWeights(List<NDArray> rows, List<NDArray> whole);

  /**
   * As {@link #gatherWeights}, for weights that are multiplied in bfloat16: where they travel they
   * are rounded to it, to nearest with ties to even, on every rank alike.
   *
   * @param rows this rank's rows
   * @param whole receives the full weights, float32 arrays of bfloat16's values
   */
  Transfer gatherRoundedWeights(List<NDArray> rows, List<NDArray> whole);

  /**
   * Ends a long stretch of work between two operations, if this rank is to stop.
   *
   * @throws CollectiveException if it is
   */
  default void requireRunning() {}

  /**
   * Ends all waits of this rank, now and later, in a {@link CollectiveException}: for a thread that
   * has failed while others still communicate. Peers notice once this rank closes.
   *
   * @param cause why; of several the first counts
   */
  void abort(Throwable cause);

  @Override
  void close();
}
