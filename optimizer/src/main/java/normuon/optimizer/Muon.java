package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;
import normuon.torch.NativeArrays;

/**
 * Muon: momentum, orthogonalized (K. Jordan, <a
 * href="https://kellerjordan.github.io/posts/muon/">kellerjordan.github.io/posts/muon</a>, 2024;
 * microsoft/dion for its other scales).
 *
 * <p>Of a matrix of shape [m, n] with gradient G it keeps the momentum M [m, n], zero at first, and
 * nothing else: m n numbers in float32. With the choices of {@link MuonOptions}:
 *
 * <pre>
 *   M, C from G: {@link Momentum}            on the rows of each rank: {@link #accumulate}
 *   O = polar(C)                             on the owner: {@link #update}
 *   U = ‖U‖ O / ‖O‖                          {@link UpdateScale} gives ‖U‖
 *   W ← (1 − η λ) W − η U                    everywhere: {@link ParameterUpdate}
 * </pre>
 *
 * <p>A zero gradient on zero momentum gives U = 0.
 */
public final class Muon extends MatrixRule {

  private final OptimizerOperators operators;
  private final UpdateScale scale;

  /** Creates the rule. */
  public Muon(OptimizerOperators operators, MuonOptions options) {
    super(operators, options);
    this.operators = operators;
    this.scale = options.scale();
  }

  @Override
  void requireSecondMoments(List<NDArray> collected, List<NDArray> secondMoments) {
    if (!secondMoments.isEmpty()) {
      throw new IllegalArgumentException(
          "Invalid list of " + secondMoments.size() + " second moments: Muon keeps none");
    }
  }

  @Override
  void finish(List<NDArray> matrices, NativeArrays polars, List<NDArray> secondMoments) {
    operators.rescale(matrices, polars, scale);
  }

  @Override
  boolean normalizesColumns(long rows, long columns) {
    return false;
  }

  @Override
  public long secondMomentLength(long rows, long columns) {
    return 0;
  }
}
