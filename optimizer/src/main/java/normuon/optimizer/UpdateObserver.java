package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;
import normuon.torch.NativeArrays;

/**
 * Sees what a {@link MatrixRule} makes of its matrices while it works on them. It changes none of
 * them, so that a step that is watched gives the same bits as one that is not.
 */
public interface UpdateObserver {

  /** Sees nothing, at no cost. */
  UpdateObserver NONE =
      new UpdateObserver() {
        @Override
        public void collected(List<Integer> indices, List<NDArray> momenta) {}

        @Override
        public void updated(List<Integer> indices, NativeArrays polars, List<NDArray> updates) {}
      };

  /**
   * Matrices of one shape are about to be orthogonalized.
   *
   * @param indices their places among the matrices of the call; of matrices in blocks, the places
   *     of the blocks, those of one matrix after those of another
   * @param momenta C, float32 [m, n] each
   */
  void collected(List<Integer> indices, List<NDArray> momenta);

  /**
   * The same matrices have become updates.
   *
   * @param indices as above
   * @param polars O, float32 [m, n] each, in the order of the indices; closed after the call
   * @param updates U, float32 [m, n] each
   */
  void updated(List<Integer> indices, NativeArrays polars, List<NDArray> updates);
}
