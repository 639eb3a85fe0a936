package normuon.optimizer;

/**
 * How a matrix is orthogonalized.
 *
 * @param method the polynomials
 * @param steps how many of them, at least 1
 * @param precision the format to multiply in
 */
public record NewtonSchulz(PolarMethod method, int steps, Precision precision) {

  /** Checks the number of steps. */
  public NewtonSchulz {
    if (steps < 1) {
      throw new IllegalArgumentException(
          "Invalid number of Newton-Schulz steps " + steps + ": must be at least 1");
    }
  }

  /** Five steps of the quintic in float32. */
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
