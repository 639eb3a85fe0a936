package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
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

  /**
   * momentum ← decay momentum + (1 − decay) gradient; then, if Nesterov, gradient ← (1 − decay)
   * gradient + decay momentum.
   */
  void momentum(List<NDArray> momenta, List<NDArray> gradients, double decay, boolean nesterov) {
    requireSameLength(momenta, gradients);
    kit.run("momentum_", natives(momenta), natives(gradients), decay, nesterov);
  }

  /**
   * A Newton–Schulz iteration on the whole matrix.
   *
   * @param blocks in how many columns of blocks symmetric products are computed; 1 computes every
   *     element of them
   */
  NDArray newtonSchulz(NDManager owner, NDArray x, NewtonSchulz iteration, long blocks) {
    PolarMethod method = iteration.method();
    return kit.compute(
        owner,
        "newton_schulz",
        x,
        method.coefficients(iteration.steps()),
        method.safety(),
        iteration.precision().torchType(),
        blocks);
  }

  /**
   * The same iteration on the Gram matrix of the smaller side.
   *
   * @param blocks as for {@link #newtonSchulz}
   * @param growthBound how much rounding errors of the Gram matrix may grow before it is made anew
   */
  NDArray newtonSchulzGram(
      NDManager owner, NDArray x, NewtonSchulz iteration, long blocks, double growthBound) {
    PolarMethod method = iteration.method();
    return kit.compute(
        owner,
        "newton_schulz_gram",
        x,
        method.coefficients(iteration.steps()),
        method.safety(),
        iteration.precision().torchType(),
        blocks,
        growthBound);
  }

  /** Row-wise normalization of a polar factor into update; see {@link NorMuon}. */
  void normalizeRows(
      NDArray update,
      NDArray polar,
      NDArray secondMoment,
      NorMuonOptions options,
      double scale,
      boolean matched) {
    kit.run(
        "normalize_rows_",
        update,
        polar,
        secondMoment,
        options.secondMomentDecay(),
        options.epsilon(),
        scale,
        matched);
  }

  /** Both moments in place; the gradients become the updates; see {@link AdamW}. */
  void adamw(List<NDArray> gradients, AdamW.Moments moments, AdamWOptions options, long step) {
    requireSameLength(gradients, moments.means());
    requireSameLength(gradients, moments.squares());
    kit.run(
        "adamw_",
        natives(gradients),
        natives(moments.means()),
        natives(moments.squares()),
        options.beta1(),
        options.beta2(),
        1 - Math.pow(options.beta1(), step),
        1 - Math.pow(options.beta2(), step),
        options.epsilon());
  }

  private static NDArray[] natives(List<NDArray> arrays) {
    return arrays.toArray(NDArray[]::new);
  }

  private static void requireSameLength(List<NDArray> a, List<NDArray> b) {
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
