package normuon.job.train;

import ai.djl.ndarray.NDArray;
import java.util.List;
import normuon.optimizer.shard.Transfer;

/** A bucket of matrices between the ranks that hold its rows and the one that owns it. */
interface MatrixExchange extends PendingUpdate {

  /** On the owner: the whole matrices, once they are there. */
  List<NDArray> momentum();

  /** On the owner: sends the updates that the whole matrices have become. */
  void send();

  /**
   * A bucket of another owner.
   *
   * @param underWay the update's way
   * @param updates where it arrives
   */
  static MatrixExchange ofOthers(Transfer underWay, List<NDArray> updates) {
    return new MatrixExchange() {

      @Override
      public List<NDArray> momentum() {
        throw new IllegalStateException("Cannot see the momentum of another owner's matrices");
      }

      @Override
      public void send() {
        throw new IllegalStateException("Cannot send the update of another owner's matrices");
      }

      @Override
      public List<NDArray> await() {
        underWay.await();
        return updates;
      }
    };
  }
}
