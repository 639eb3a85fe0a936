package normuon.optimizer;

/**
 * The polynomials of a Newton–Schulz iteration: step k maps every singular value s to a s + b s³ +
 * c s⁵ with coefficients of its own.
 *
 * <p>The published methods add a small number to the norm that they divide by, to survive a zero
 * matrix. {@link Orthogonalizer} needs none, since it scales its input first.
 */
public enum PolarMethod {
  /**
   * The same quintic every step, steepest at zero, which takes singular values to about 0.7 to 1.2
   * rather than to 1 (K. Jordan, Muon, 2024).
   */
  QUINTIC(1.0, new double[][] {{3.4445, -4.7750, 2.0315}}),

  /**
   * Polar Express: the best polynomial of each step for singular values from 1e-3 up, in the form
   * of microsoft/dion (N. Amsel et al., arXiv 2505.16932).
   */
  POLAR_EXPRESS(
      1.02,
      new double[][] {
        {8.156554524902461, -22.48329292557795, 15.878769915207462},
        {4.042929935166739, -2.808917465908714, 0.5000178451051316},
        {3.8916678022926607, -2.772484153217685, 0.5060648178503393},
        {3.285753657755655, -2.3681294933425376, 0.46449024233003106},
        {2.3465413258596377, -1.7097828382687081, 0.42323551169305323}
      }),

  /** The five tuned quintics that microsoft/dion uses without Polar Express. */
  DION5(
      1.0,
      new double[][] {
        {4.0848, -6.8946, 2.9270},
        {3.9505, -6.3029, 2.6377},
        {3.7418, -5.5913, 2.3037},
        {2.8769, -3.1427, 1.2046},
        {2.8366, -3.0525, 1.2012}
      });

  private final double safety;
  private final double[][] table;

  PolarMethod(double safety, double[][] table) {
    this.safety = safety;
    this.table = table;
  }

  /** The factor by which the Frobenius norm is overestimated before the first step. */
  double safety() {
    return safety;
  }

  /**
   * The coefficients a, b, c of each step, one after the other; past the end of the table the last
   * step repeats.
   *
   * @param steps at least 1
   */
  double[] coefficients(int steps) {
    double[] coefficients = new double[3 * steps];
    for (int step = 0; step < steps; step++) {
      double[] row = table[Math.min(step, table.length - 1)];
      System.arraycopy(row, 0, coefficients, 3 * step, 3);
    }
    return coefficients;
  }
}
