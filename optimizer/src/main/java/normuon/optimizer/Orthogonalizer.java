package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import normuon.optimizer.OptimizerOperators.Batching;
import normuon.torch.NativeArrays;

/**
 * Brings the singular values of a matrix near 1 and leaves its singular vectors: the polar factor U
 * Vᵀ of U S Vᵀ, by a Newton–Schulz iteration.
 *
 * <p>The input is divided by its largest magnitude, then by its Frobenius norm, so that gradients
 * of 1e-20 and of 1e+20 have the same direction; zero stays zero.
 *
 * <p>The multiplications are fewer than the iteration written out has. Products of commuting
 * symmetric matrices are symmetric: of large ones only the blocks on and above the diagonal are
 * computed. Matrices far from square iterate on the Gram matrix of their smaller side.
 */
public final class Orthogonalizer {

  /** In multiplications the Gram form is ahead from 1.1 up; below 2 too little for its overhead. */
  private static final int GRAM_RATIO = 2;

  /**
   * Sixteen-bit products of fewer rows than this are over before the Gram form's calls pay. In
   * float32 it pays from the start.
   */
  private static final int LEAST_HALF_PRECISION_GRAM_SIDE = 256;

  /**
   * How much rounding errors may grow before the Gram matrix is made anew. The quintic restarts
   * once: after three steps, and for large sides, where the values of the first Gram matrix are
   * smaller, after four. Measured on condition numbers of 1e4, that leaves at most twice the error
   * of the written-out iteration; no restart would leave tens of times as much.
   */
  private static final double GROWTH_BOUND = 200;

  private static final double GROWTH_BOUND_OF_LARGE_SIDES = 2000;

  private static final int LARGE_SIDE = 512;

  private static final double WRITTEN_OUT = 0;

  /** Of smaller matrices slicing costs more than it saves (as it does from 8 blocks to 16). */
  private static final int LEAST_SYMMETRIC_SIDE = 256;

  private final OptimizerOperators operators;
  private final NewtonSchulz iteration;
  private final boolean shortened;
  private final LongAdder calls = new LongAdder();

  /** Creates an orthogonalizer that counts its own calls. */
  public Orthogonalizer(OptimizerOperators operators, NewtonSchulz iteration) {
    this(operators, iteration, true);
  }

  private Orthogonalizer(OptimizerOperators operators, NewtonSchulz iteration, boolean shortened) {
    this.operators = operators;
    this.iteration = iteration;
    this.shortened = shortened;
  }

  /**
   * Creates an orthogonalizer that computes every element of every product of the iteration as it
   * is written: what tests and benchmarks measure the shorter ways by.
   */
  public static Orthogonalizer writtenOut(OptimizerOperators operators, NewtonSchulz iteration) {
    return new Orthogonalizer(operators, iteration, false);
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
    try (NativeArrays result = orthogonalize(List.of(matrix))) {
      return result.arrays(owner).get(0);
    }
  }

  /**
   * Orthogonalizes matrices of one shape; small ones together, so that a batch of them costs no
   * more calls than one.
   *
   * @param matrices float32 of shape [m, n] each, unchanged
   * @return float32 of shape [m, n] each, in the same order, which the caller closes; one that
   *     holds a non-finite number becomes NaN throughout, and no other
   */
  public NativeArrays orthogonalize(List<NDArray> matrices) {
    calls.add(matrices.size());
    Shape shape = matrices.get(0).getShape();
    long rows = shape.get(0);
    long columns = shape.get(1);
    long side = Math.min(rows, columns);
    // Also a single small matrix goes as a batch, so that its bits do not depend on the others.
    Batching batching =
        shortened && side < LEAST_SYMMETRIC_SIDE ? Batching.TOGETHER : Batching.ONE_BY_ONE;
    double growthBound = usesGramForm(rows, columns) ? growthBound(rows, columns) : WRITTEN_OUT;
    return operators.orthogonalize(matrices, iteration, batching, blocks(side), growthBound);
  }

  /** The number of matrices orthogonalized so far. */
  public long calls() {
    return calls.sum();
  }

  /**
   * The floating-point operations of one call: of the multiplications of matrices that it really
   * does, two for each element and term.
   */
  public double flops(long rows, long columns) {
    double m = Math.min(rows, columns);
    double n = Math.max(rows, columns);
    double blocks = blocks((long) m);
    double symmetric = (blocks + 1) / (2 * blocks);
    double gram = symmetric * m * m * n;
    double small = symmetric * m * m * m;
    double apply = m * m * n;
    if (!usesGramForm(rows, columns)) {
      return 2 * iteration.steps() * (gram + small + apply);
    }
    int segments = 1 + gramRestarts(growthBound(rows, columns));
    // P and R in all steps but a segment's last, which has no R; Q in all but its first.
    int products = 4 * iteration.steps() - 3 * segments;
    return 2 * (segments * (gram + apply) + products * small);
  }

  /** The same for an iteration that nothing has to be loaded for. */
  public static double flops(NewtonSchulz iteration, long rows, long columns) {
    return new Orthogonalizer(null, iteration).flops(rows, columns);
  }

  private static double growthBound(long rows, long columns) {
    return Math.min(rows, columns) < LARGE_SIDE ? GROWTH_BOUND : GROWTH_BOUND_OF_LARGE_SIDES;
  }

  private int gramRestarts(double growthBound) {
    double[] coefficients = iteration.method().coefficients(iteration.steps());
    double growth = 1;
    int restarts = 0;
    for (int step = 0; step < iteration.steps() - 1; step++) {
      growth *= coefficients[3 * step] * coefficients[3 * step];
      if (growth > growthBound) {
        restarts++;
        growth = 1;
      }
    }
    return restarts;
  }

  private long blocks(long side) {
    if (!shortened || side < LEAST_SYMMETRIC_SIDE) {
      return 1;
    }
    return side < LARGE_SIDE ? 4 : 8;
  }

  private boolean usesGramForm(long rows, long columns) {
    long side = Math.min(rows, columns);
    return shortened
        && iteration.steps() > 1
        && Math.max(rows, columns) >= GRAM_RATIO * side
        && (iteration.precision() != Precision.BF16 || side >= LEAST_HALF_PRECISION_GRAM_SIDE);
  }
}
