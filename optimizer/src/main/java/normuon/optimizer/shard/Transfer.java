package normuon.optimizer.shard;

/** A collective operation under way. */
@FunctionalInterface
public interface Transfer {

  /**
   * Blocks until what this rank receives has arrived in the arrays given to the operation.
   *
   * @throws CollectiveException if a peer failed, or the deadline passed first
   */
  void await();
}
