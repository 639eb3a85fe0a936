package normuon.job.train;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** Updates on their way to the ranks that apply them. */
interface PendingUpdate {

  /** The updates, shaped like the weights that this rank holds, once they are there. */
  List<NDArray> await();
}
