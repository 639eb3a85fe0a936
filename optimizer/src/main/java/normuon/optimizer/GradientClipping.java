package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;
import normuon.torch.ParameterSpec;

/**
 * Scales all gradients by min(1, maximum / norm), where norm is the Frobenius norm of all of them
 * together (R. Pascanu et al., <a href="https://arxiv.org/abs/1211.5063">arXiv 1211.5063</a>),
 * added up in double precision; and stops a step whose gradients are not finite. The raw gradients
 * are clipped, before any rule sees them: clipping updates would shrink them the more, the wider
 * the model is.
 *
 * <p>On each rank, once per step:
 *
 * <pre>
 *   double norm = clipping.clip(rows, collectives.allReduce(clipping.squaredNorms(rows)));
 * </pre>
 */
public final class GradientClipping {

  private final OptimizerOperators operators;
  private final List<ParameterSpec> parameters;
  private final double maximumNorm;

  /**
   * Creates the rule.
   *
   * @param operators native operators
   * @param parameters what the gradients belong to, in their order
   * @param maximumNorm the largest norm that passes unscaled; 0 clips nothing
   */
  public GradientClipping(
      OptimizerOperators operators, List<ParameterSpec> parameters, double maximumNorm) {
    Range.notNegative("gradient clip", maximumNorm);
    this.operators = operators;
    this.parameters = List.copyOf(parameters);
    this.maximumNorm = maximumNorm;
  }

  /**
   * The squared norm of each gradient on this rank, in double precision: finite if the gradient is.
   *
   * @param gradients this rank's rows, float32, one array per parameter, possibly empty
   * @return one number per parameter, to be added up over the ranks
   */
  public double[] squaredNorms(List<NDArray> gradients) {
    return operators.squaredNorms(gradients);
  }

  /**
   * Scales the gradients in place if their norm is too large.
   *
   * @param gradients this rank's rows, float32
   * @param squaredNorms the squared norm of each whole gradient, over all ranks
   * @return the norm of all gradients before scaling
   * @throws NonFiniteGradientException if a squared norm is not finite; nothing is changed then
   */
  public double clip(List<NDArray> gradients, double[] squaredNorms) {
    double sum = 0;
    for (int i = 0; i < squaredNorms.length; i++) {
      if (!Double.isFinite(squaredNorms[i])) {
        throw new NonFiniteGradientException(parameters.get(i).name(), squaredNorms[i]);
      }
      sum += squaredNorms[i];
    }
    double norm = Math.sqrt(sum);
    if (maximumNorm > 0 && norm > maximumNorm) {
      operators.multiply(gradients, maximumNorm / norm);
    }
    return norm;
  }
}
