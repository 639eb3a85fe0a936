package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
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
    return operators.orthogonalize(matrices, iteration, form(shape.get(0), shape.get(1)));
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
    return form(rows, columns).flops(iteration, rows, columns);
  }

  /** The same for an iteration that nothing has to be loaded for. */
  public static double flops(NewtonSchulz iteration, long rows, long columns) {
    return IterationForm.fastest(iteration, rows, columns).flops(iteration, rows, columns);
  }

  private IterationForm form(long rows, long columns) {
    return shortened ? IterationForm.fastest(iteration, rows, columns) : IterationForm.writtenOut();
  }
}
