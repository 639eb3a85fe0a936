package normuon.optimizer;

/**
 * The way in which matrices of one shape go through a {@link NewtonSchulz} iteration: the same
 * polynomial with fewer or more multiplications.
 *
 * @param batching whether several matrices share their calls
 * @param blocks in how many columns of blocks symmetric products are computed; 1 computes every
 *     element of them, as a batch must
 * @param growthBound how much rounding errors of the Gram matrix of the smaller side may grow
 *     before it is made anew; {@link #NO_GRAM} iterates on the whole matrix instead
 */
record IterationForm(Batching batching, int blocks, double growthBound) {

  /** How the products of several matrices of one shape are computed. */
  enum Batching {
    ONE_BY_ONE,
    TOGETHER
  }

  private static final double NO_GRAM = 0;

  /** In multiplications the Gram form is ahead from 1.1 up; below 2 too little for its overhead. */
  private static final int GRAM_RATIO = 2;

  /**
   * Sixteen-bit products of fewer rows than this are over before the Gram form's calls pay. In
   * float32 it pays from the start.
   */
  private static final int LEAST_HALF_PRECISION_GRAM_SIDE = 256;

  /**
   * The quintic restarts once: after three steps, and for large sides, where the values of the
   * first Gram matrix are smaller, after four. Measured on condition numbers of 1e4, that leaves at
   * most twice the error of the written-out iteration; no restart would leave tens of times as
   * much.
   */
  private static final double GROWTH_BOUND = 200;

  private static final double GROWTH_BOUND_OF_LARGE_SIDES = 2000;

  private static final int LARGE_SIDE = 512;

  /** Of smaller matrices slicing costs more than it saves (as it does from 8 blocks to 16). */
  private static final int LEAST_SYMMETRIC_SIDE = 256;

  /** Every element of every product as the formula has it, one matrix after the other. */
  static IterationForm writtenOut() {
    return new IterationForm(Batching.ONE_BY_ONE, 1, NO_GRAM);
  }

  /** The fastest one for a shape: measured, in float32 and bfloat16. */
  static IterationForm fastest(NewtonSchulz iteration, long rows, long columns) {
    long side = Math.min(rows, columns);
    double bound = side < LARGE_SIDE ? GROWTH_BOUND : GROWTH_BOUND_OF_LARGE_SIDES;
    double growthBound = gramPays(iteration, rows, columns) ? bound : NO_GRAM;
    if (side < LEAST_SYMMETRIC_SIDE) {
      // Also a single small matrix goes as a batch, so that its bits do not depend on the others.
      return new IterationForm(Batching.TOGETHER, 1, growthBound);
    }
    return new IterationForm(Batching.ONE_BY_ONE, side < LARGE_SIDE ? 4 : 8, growthBound);
  }

  private static boolean gramPays(NewtonSchulz iteration, long rows, long columns) {
    long side = Math.min(rows, columns);
    return iteration.steps() > 1
        && Math.max(rows, columns) >= GRAM_RATIO * side
        && (iteration.precision() != Precision.BF16 || side >= LEAST_HALF_PRECISION_GRAM_SIDE);
  }

  /** The operations of the multiplications of one matrix, two for each element and term. */
  double flops(NewtonSchulz iteration, long rows, long columns) {
    double m = Math.min(rows, columns);
    double n = Math.max(rows, columns);
    double symmetric = (blocks + 1.0) / (2.0 * blocks);
    double gram = symmetric * m * m * n;
    double small = symmetric * m * m * m;
    double apply = m * m * n;
    if (growthBound == NO_GRAM) {
      return 2 * iteration.steps() * (gram + small + apply);
    }
    int segments = 1 + gramRestarts(iteration);
    // P and R in all steps but a segment's last, which has no R; Q in all but its first.
    int products = 4 * iteration.steps() - 3 * segments;
    return 2 * (segments * (gram + apply) + products * small);
  }

  private int gramRestarts(NewtonSchulz iteration) {
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
}
