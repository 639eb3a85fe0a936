package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * NorMuon: momentum, orthogonalized, then normalized row by row (Z. Li et al., <a
 * href="https://arxiv.org/abs/2510.05491">arXiv 2510.05491</a>).
 *
 * <p>Of a matrix of shape [m, n] with gradient G it keeps the momentum M [m, n] and one number per
 * row, v [m], both zero at first:
 *
 * <pre>
 *   M ← β1 M + (1 − β1) G                    on the rows of each rank: {@link #accumulate}
 *   C = M                                    in the paper's form
 *   C = (1 − β1) G + β1 M                    in the official form (Nesterov)
 *   O = polar(C)                             on the owner: {@link #update}
 *   v ← β2 v + (1 − β2) rowmean(O²)
 *   Ô = O / (√v + ε)
 *   U = 0.2 √(m n) Ô / ‖Ô‖                   in the paper's form
 *   U = √max(1, m/n) ‖O‖ Ô / ‖Ô‖             in the official form
 *   W ← (1 − η λ) W − η U                    everywhere: {@link ParameterUpdate}
 * </pre>
 *
 * <p>The norms are over whole matrices, so nothing depends on the number of ranks. A zero gradient
 * on zero momentum gives U = 0, in the paper's form too, where the formula has 0/0.
 */
public final class NorMuon {

  private static final double PAPER_ROOT_MEAN_SQUARE = 0.2;

  private final OptimizerOperators operators;
  private final NorMuonOptions options;
  private final Orthogonalizer orthogonalizer;

  /** Creates the rule. */
  public NorMuon(OptimizerOperators operators, NorMuonOptions options) {
    this.operators = operators;
    this.options = options;
    this.orthogonalizer = new Orthogonalizer(operators, options.newtonSchulz());
  }

  /**
   * Adds gradients to the momentum, on any rows of any matrices.
   *
   * @param gradients rows of the mean gradients, float32 [rows, n], possibly empty; overwritten in
   *     the official form
   * @param momenta the same rows of M, changed in place
   * @return the same rows of C, for the owner to collect: one of the two arguments
   */
  public List<NDArray> accumulate(List<NDArray> gradients, List<NDArray> momenta) {
    return accumulate(gradients, momenta, options.momentum());
  }

  /**
   * Adds gradients to the momentum with the coefficient of one step, as a {@link MomentumSchedule}
   * gives it.
   *
   * @param gradients as above
   * @param momenta as above
   * @param momentum β1 of this step, in [0, 1)
   * @return as above
   */
  public List<NDArray> accumulate(List<NDArray> gradients, List<NDArray> momenta, double momentum) {
    boolean nesterov = options.form() == NorMuonForm.OFFICIAL;
    operators.momentum(momenta, gradients, momentum, nesterov);
    return nesterov ? gradients : momenta;
  }

  /**
   * Turns collected matrices into their updates.
   *
   * @param collected C, float32 [m, n] each; they become U
   * @param secondMoments v, float32 [m] each, changed in place
   */
  public void update(List<NDArray> collected, List<NDArray> secondMoments) {
    for (int i = 0; i < collected.size(); i++) {
      update(collected.get(i), secondMoments.get(i));
    }
  }

  private void update(NDArray collected, NDArray secondMoment) {
    double m = collected.getShape().get(0);
    double n = collected.getShape().get(1);
    try (NDManager scratch = collected.getManager().newSubManager()) {
      NDArray polar = orthogonalizer.orthogonalize(scratch, collected);
      if (options.form() == NorMuonForm.PAPER) {
        double norm = PAPER_ROOT_MEAN_SQUARE * Math.sqrt(m * n);
        operators.normalizeRows(collected, polar, secondMoment, options, norm, false);
      } else {
        double ratio = Math.sqrt(Math.max(1, m / n));
        operators.normalizeRows(collected, polar, secondMoment, options, ratio, true);
      }
    }
  }

  /** The number of matrices orthogonalized so far. */
  public long newtonSchulzCalls() {
    return orthogonalizer.calls();
  }
}
