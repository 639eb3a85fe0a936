package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import normuon.torch.NativeArrays;
import normuon.torch.OperatorKit;

/**
 * The native operators that the update rules of one or several ranks share. None of them records
 * gradients, so parameters that require one may be changed in place.
 */
public final class OptimizerOperators implements AutoCloseable {

  private final OperatorKit kit;

  private OptimizerOperators(OperatorKit kit) {
    this.kit = kit;
  }

  /**
   * Compiles the operators, which takes some tens of milliseconds.
   *
   * @param manager the operators close with it
   */
  public static OptimizerOperators load(NDManager manager) {
    return new OptimizerOperators(
        OperatorKit.load(manager, OptimizerOperators.class, "operators.py"));
  }

  /** The sum of squares of each array, added up in double precision. */
  double[] squaredNorms(List<NDArray> arrays) {
    NDManager owner = arrays.get(0).getManager();
    try (NDArray norms = kit.compute(owner, "squared_norms", (Object) natives(arrays))) {
      return norms.toDoubleArray();
    }
  }

  /** x ← factor x for each array. */
  void multiply(List<NDArray> arrays, double factor) {
    kit.run("multiply_", natives(arrays), factor);
  }

  /** weight ← keep weight − rate update. */
  void applyUpdates(List<NDArray> weights, List<NDArray> updates, double keep, double rate) {
    requireSameLength(weights, updates);
    kit.run("apply_updates_", natives(weights), natives(updates), keep, rate);
  }

  /** The same, with keep = 1 where update and weight have opposite signs. */
  void applyUpdatesCautiously(
      List<NDArray> weights, List<NDArray> updates, double keep, double rate) {
    requireSameLength(weights, updates);
    kit.run("apply_updates_cautiously_", natives(weights), natives(updates), keep, rate);
  }

  /** M in place; with Nesterov's lookahead the gradients become C; see {@link Momentum}. */
  void momentum(List<NDArray> momenta, List<NDArray> gradients, Momentum momentum) {
    requireSameLength(momenta, gradients);
    String operator =
        switch (momentum.accumulation()) {
          case AVERAGE -> "momentum_";
          case HEAVY_BALL -> "heavy_ball_";
        };
    boolean nesterov = momentum.lookahead() == Momentum.Lookahead.NESTEROV;
    kit.run(operator, natives(momenta), natives(gradients), momentum.decay(), nesterov);
  }

  /**
   * A Newton–Schulz iteration on each of several matrices of one shape.
   *
   * @return the results, which the caller closes
   */
  NativeArrays orthogonalize(List<NDArray> matrices, NewtonSchulz iteration, IterationForm form) {
    PolarMethod method = iteration.method();
    return kit.computeList(
        "orthogonalize",
        natives(matrices),
        method.coefficients(iteration.steps()),
        method.safety(),
        iteration.precision().torchType(),
        (long) form.blocks(),
        form.growthBound(),
        form.batching() == IterationForm.Batching.TOGETHER);
  }

  /**
   * Views of the blocks of a matrix, in their order: what is written into them is in the matrix.
   */
  List<NDArray> blocks(NDManager owner, NDArray matrix, MatrixBlocks blocks) {
    long[] block = blocks.shape(matrix.getShape().get(0), matrix.getShape().get(1));
    return blocks.columnBlocks() == 1
        ? views(owner, matrix, block[0], 0)
        : views(owner, matrix, block[1], 1);
  }

  /** Views of equal parts of a vector. */
  List<NDArray> parts(NDManager owner, NDArray vector, int count) {
    return views(owner, vector, vector.size() / count, 0);
  }

  private List<NDArray> views(NDManager owner, NDArray array, long size, long dimension) {
    try (NativeArrays views = kit.computeList("split", array, size, dimension)) {
      return views.arrays(owner);
    }
  }

  /** Normalized polar factors of one shape, into the updates; see {@link NorMuon}. */
  void normalize(
      List<NDArray> updates,
      NativeArrays polars,
      List<NDArray> secondMoments,
      SecondMoment numbers,
      UpdateScale scale) {
    Shape shape = updates.get(0).getShape();
    long rows = shape.get(0);
    long columns = shape.get(1);
    kit.run(
        "normalize_",
        natives(updates),
        polars,
        natives(secondMoments),
        numbers.byColumns(rows, columns) ? 0L : 1L,
        numbers.decay(),
        numbers.epsilon(),
        scale.factor(rows, columns),
        scale.keepsPolarNorm());
  }

  /** Polar factors of one shape, brought to their scale, into the updates; see {@link Muon}. */
  void rescale(List<NDArray> updates, NativeArrays polars, UpdateScale scale) {
    Shape shape = updates.get(0).getShape();
    double factor = scale.factor(shape.get(0), shape.get(1));
    kit.run("rescale_", natives(updates), polars, factor, scale.keepsPolarNorm());
  }

  /** Both moments in place; the gradients become the updates; see {@link AdamW}. */
  void adamw(List<NDArray> gradients, ElementState state, AdamWOptions options, long step) {
    requireSameLength(gradients, state.means());
    requireSameLength(gradients, state.curvatures());
    kit.run(
        "adamw_",
        natives(gradients),
        natives(state.means()),
        natives(state.curvatures()),
        options.beta1(),
        options.beta2(),
        1 - Math.pow(options.beta1(), step),
        1 - Math.pow(options.beta2(), step),
        options.epsilon());
  }

  /** The means in place; the gradients become the updates; see {@link Sophia}. */
  long sophia(List<NDArray> gradients, ElementState state, SophiaOptions options) {
    requireSameLength(gradients, state.means());
    requireSameLength(gradients, state.curvatures());
    boolean mayBeNegative = options.estimator() == CurvatureEstimator.HUTCHINSON;
    return (long)
        kit.computeNumber(
            "sophia_",
            natives(gradients),
            natives(state.means()),
            natives(state.curvatures()),
            options.beta1(),
            options.clipRatio(),
            mayBeNegative ? 1e-12 : 0.0,
            mayBeNegative ? 0.0 : 1e-15);
  }

  /** average ← decay average + (1 − decay) x². */
  void averageSquares(List<NDArray> arrays, List<NDArray> averages, double decay) {
    requireSameLength(arrays, averages);
    kit.run("average_squares_", natives(averages), natives(arrays), decay);
  }

  /** average ← decay average + (1 − decay) x. */
  void average(List<NDArray> arrays, List<NDArray> averages, double decay) {
    requireSameLength(arrays, averages);
    kit.run("momentum_", natives(averages), natives(arrays), decay, false);
  }

  /** The norms of the rows of a matrix in double precision, or of its columns. */
  double[] norms(NDArray matrix, boolean ofColumns) {
    try (NDArray norms =
        kit.compute(matrix.getManager(), "norms_over", matrix, ofColumns ? 0L : 1L)) {
      return norms.toDoubleArray();
    }
  }

  /** The greatest and the least squared singular value; see {@link UpdateStatistics}. */
  double[] extremeSquares(NDArray matrix, long exactSide, long steps, double shift) {
    try (NDArray squares =
        kit.compute(matrix.getManager(), "extreme_squares", matrix, exactSide, steps, shift)) {
      return squares.toDoubleArray();
    }
  }

  private static NDArray[] natives(List<NDArray> arrays) {
    return arrays.toArray(NDArray[]::new);
  }

  static void requireSameLength(List<NDArray> a, List<NDArray> b) {
    if (a.size() != b.size()) {
      throw new IllegalArgumentException(
          "Invalid lists of " + a.size() + " and " + b.size() + " arrays: must have one length");
    }
  }

  @Override
  public void close() {
    kit.close();
  }
}
