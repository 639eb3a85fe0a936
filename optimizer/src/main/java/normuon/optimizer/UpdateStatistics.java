package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;

/**
 * Measures matrices in double precision: what tells whether an optimizer does what it promises.
 *
 * <p>A condition number is the greatest singular value divided by the least, both by way of the
 * Gram matrix of the smaller side: its eigenvalues if that side is at most {@value
 * #LARGEST_EXACT_SIDE}. Of larger matrices both ends are estimated by {@value #POWER_STEPS} steps
 * of the power iteration, with the Gram matrix and with its inverse (by Cholesky's factor): from a
 * random start each quotient is expected to fall short of the square by less than 0.871 ln(m) /
 * ({@value #POWER_STEPS} − 1) of it (J. Kuczyński and H. Woźniakowski, SIAM J. Matrix Anal. Appl.
 * 13, 1992, theorem 4.1), and so the condition number by less than an eighth for m = 4,096.
 *
 * <p>Of an m × n matrix with m ≤ n, 2 m² n + 4/3 m³ floating-point operations are needed for all
 * eigenvalues and 2 m² n + 1/3 m³ for the estimates, in double precision: for a square matrix a
 * ninth, or a thirteenth, of five Newton–Schulz steps, written out, in single. On a processor one
 * takes 0.5 to 0.9 times as long as an orthogonalization.
 */
public final class UpdateStatistics {

  /**
   * The largest condition number that is told. What exceeds it is rounding: a float32 matrix knows
   * no singular values of less than a millionth of its greatest.
   */
  public static final double LARGEST_CONDITION_NUMBER = 1e6;

  private static final int LARGEST_EXACT_SIDE = 1024;
  private static final int POWER_STEPS = 64;

  private final OptimizerOperators operators;

  /** Creates the measures. */
  public UpdateStatistics(OptimizerOperators operators) {
    this.operators = operators;
  }

  /**
   * The condition number of a matrix in the 2-norm.
   *
   * @param matrix float32 [m, n]
   * @return at least 1 and at most {@link #LARGEST_CONDITION_NUMBER}; NaN for a matrix of zeros,
   *     and for one with a number that is not finite
   */
  public double conditionNumber(NDArray matrix) {
    double shift = 1 / (LARGEST_CONDITION_NUMBER * LARGEST_CONDITION_NUMBER);
    double[] squares = operators.extremeSquares(matrix, LARGEST_EXACT_SIDE, POWER_STEPS, shift);
    if (!(squares[0] > 0)) {
      return Double.NaN;
    }
    return Math.sqrt(squares[0] / Math.max(squares[1], shift * squares[0]));
  }

  /**
   * The norms of the rows of a matrix.
   *
   * @param matrix float32 [m, n]
   * @return m norms
   */
  public double[] rowNorms(NDArray matrix) {
    return operators.norms(matrix, false);
  }

  /**
   * The norms of the columns of a matrix.
   *
   * @param matrix float32 [m, n]
   * @return n norms
   */
  public double[] columnNorms(NDArray matrix) {
    return operators.norms(matrix, true);
  }

  /**
   * The Frobenius norms of arrays.
   *
   * @param arrays float32 of any shapes, at least one array
   */
  public double[] norms(List<NDArray> arrays) {
    return Arrays.stream(operators.squaredNorms(arrays)).map(Math::sqrt).toArray();
  }
}
