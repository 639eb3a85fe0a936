package normuon.job.train;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import normuon.optimizer.ParameterGroup;
import normuon.torch.ParameterSpec;

/**
 * Matrices of one owner that travel in one message.
 *
 * @param owner the rank that orthogonalizes them
 * @param settings rule, learning rate at full schedule and weight decay
 * @param matrices the matrices, in the order they are worked on
 */
record MatrixBucket(int owner, ParameterGroup.Settings settings, List<MatrixShard> matrices) {

  /** This rank's part of the weights: all, or its rows. */
  List<NDArray> weights() {
    return each(MatrixShard::weight);
  }

  /** The matrices' names, shapes and roles. */
  List<ParameterSpec> specs() {
    return matrices.stream().map(MatrixShard::spec).toList();
  }

  /** This rank's rows of the mean gradients. */
  List<NDArray> gradientRows() {
    return each(MatrixShard::gradientRows);
  }

  /** This rank's rows of the momenta. */
  List<NDArray> momenta() {
    return each(MatrixShard::momentum);
  }

  /** The second moments, on the owner; none for a rule that keeps none. */
  List<NDArray> secondMoments() {
    return matrices.stream().map(MatrixShard::secondMoment).filter(Objects::nonNull).toList();
  }

  private List<NDArray> each(Function<MatrixShard, NDArray> part) {
    return matrices.stream().map(part).toList();
  }
}
