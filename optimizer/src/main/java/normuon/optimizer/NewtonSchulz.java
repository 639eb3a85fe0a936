package normuon.optimizer;

/**
 * How a matrix X of shape [m, n] is orthogonalized. From X / (s ‖X‖), with the s of the method,
 * each step k = 1, 2, … takes
 *
 * <pre>
 *   A = X Xᵀ,   X ← aₖ X + (bₖ A + cₖ A²) X       for m ≤ n; else the same from the right
 * </pre>
 *
 * <p>{@link Orthogonalizer} does the same with fewer multiplications.
 *
 * @param method the coefficients aₖ, bₖ, cₖ, and s
 * @param steps how many of them, at least 1; published with 5
 * @param precision the format to multiply in; input and result are float32
 */
public record NewtonSchulz(PolarMethod method, int steps, Precision precision) {

  /** Checks the number of steps. */
  public NewtonSchulz {
    if (steps < 1) {
      throw new IllegalArgumentException(
          "Invalid number of Newton-Schulz steps " + steps + ": must be at least 1");
    }
  }

  /** Five steps of the quintic in float32: those of K. Jordan's Muon in single precision. */
  public static NewtonSchulz defaults() {
    return new NewtonSchulz(PolarMethod.QUINTIC, 5, Precision.F32);
  }

  /**
   * The floating-point operations of the iteration written out, 2 steps (2 m² n + m³) for m ≤ n:
   * the measure by which matrices are divided among ranks.
   */
  public long flops(long rows, long columns) {
    long m = Math.min(rows, columns);
    long n = Math.max(rows, columns);
    return 2L * steps * (2 * m * m * n + m * m * m);
  }

  /**
   * The same for a matrix in blocks, each of which goes through an iteration of its own.
   *
   * @throws IllegalArgumentException if the blocks do not divide the matrix
   */
  public long flops(long rows, long columns, MatrixBlocks blocks) {
    long[] block = blocks.shape(rows, columns);
    return blocks.count() * flops(block[0], block[1]);
  }
}
