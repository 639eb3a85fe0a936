package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;
import normuon.torch.NativeArrays;

/**
 * NorMuon: momentum, orthogonalized, then normalized row by row (Z. Li et al., <a
 * href="https://arxiv.org/abs/2510.05491">arXiv 2510.05491</a>).
 *
 * <p>Of a matrix of shape [m, n] with gradient G it keeps the momentum M [m, n] and one number per
 * row, v [m], both zero at first: m n + m numbers in float32. With the choices of {@link
 * NorMuonOptions}, whose presets are the published ones:
 *
 * <pre>
 *   M, C from G: {@link Momentum}            on the rows of each rank: {@link #accumulate}
 *   O = polar(C)                             on the owner: {@link #update}
 *   v ← β2 v + (1 − β2) rowmean(O²)          {@link SecondMoment}; or columns, and v [n]
 *   Ô = O / (√v + ε)
 *   U = ‖U‖ Ô / ‖Ô‖                          {@link UpdateScale} gives ‖U‖
 *   W ← (1 − η λ) W − η U                    everywhere: {@link ParameterUpdate}
 * </pre>
 *
 * <p>The norms are over whole matrices, so nothing depends on the number of ranks. A zero gradient
 * on zero momentum gives U = 0, in the paper's form too, where the formula has 0/0.
 */
public final class NorMuon extends MatrixRule {

  private final OptimizerOperators operators;
  private final SecondMoment secondMoment;
  private final UpdateScale scale;

  /** Creates the rule. */
  public NorMuon(OptimizerOperators operators, NorMuonOptions options) {
    super(operators, options.withoutNormalization());
    this.operators = operators;
    this.secondMoment = options.secondMoment();
    this.scale = options.scale();
  }

  @Override
  void requireSecondMoments(List<NDArray> collected, List<NDArray> secondMoments) {
    OptimizerOperators.requireSameLength(collected, secondMoments);
  }

  @Override
  void finish(List<NDArray> matrices, NativeArrays polars, List<NDArray> secondMoments) {
    operators.normalize(matrices, polars, secondMoments, secondMoment, scale);
  }

  @Override
  boolean normalizesColumns(long rows, long columns) {
    return secondMoment.byColumns(rows, columns);
  }

  @Override
  public long secondMomentLength(long rows, long columns) {
    return secondMoment.length(rows, columns);
  }
}
