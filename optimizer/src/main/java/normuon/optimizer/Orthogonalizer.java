package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.concurrent.atomic.LongAdder;

/**
 * Brings the singular values of a matrix near 1 and leaves its singular vectors: the polar factor U
 * Vᵀ of U S Vᵀ, by a Newton–Schulz iteration.
 *
 * <p>The input is divided by its largest magnitude, then by its Frobenius norm, so that gradients
 * of 1e-20 and of 1e+20 have the same direction; zero stays zero. Matrices far from square iterate
 * on the Gram matrix of their smaller side, in fewer multiplications.
 */
public final class Orthogonalizer {

  /** The Gram form multiplies less from a ratio of 1.5 up; below 2 the gain is lost in overhead. */
  private static final int GRAM_RATIO = 2;

  /**
   * Errors of 6e-8 times this, about 1e-5, are what the written-out iteration has on
   * ill-conditioned matrices too. Restarts the quintic after three steps, Polar Express and dion's
   * after two.
   */
  private static final double GRAM_GROWTH_BOUND = 200;

  private final OptimizerOperators operators;
  private final NewtonSchulz iteration;
  private final double[] coefficients;
  private final LongAdder calls = new LongAdder();

  /** Creates an orthogonalizer that counts its own calls. */
  public Orthogonalizer(OptimizerOperators operators, NewtonSchulz iteration) {
    this.operators = operators;
    this.iteration = iteration;
    this.coefficients = iteration.method().coefficients(iteration.steps());
  }

  /**
   * Orthogonalizes one matrix.
   *
   * @param owner the manager that the result belongs to
   * @param matrix float32 of shape [m, n], unchanged
   * @return float32 of shape [m, n], contiguous; NaN throughout if the matrix holds a non-finite
   *     number
   */
  public NDArray orthogonalize(NDManager owner, NDArray matrix) {
    calls.increment();
    double safety = iteration.method().safety();
    return gramPays(matrix.getShape().get(0), matrix.getShape().get(1))
        ? operators.newtonSchulzGram(owner, matrix, coefficients, safety, GRAM_GROWTH_BOUND)
        : operators.newtonSchulz(owner, matrix, coefficients, safety, iteration.precision());
  }

  /** The number of matrices orthogonalized so far. */
  public long calls() {
    return calls.sum();
  }

  /** The Gram matrix squares the condition number, which bfloat16 has no digits for. */
  private boolean gramPays(long rows, long columns) {
    return iteration.precision() == Precision.F32
        && iteration.steps() > 1
        && Math.max(rows, columns) >= GRAM_RATIO * Math.min(rows, columns);
  }
}
