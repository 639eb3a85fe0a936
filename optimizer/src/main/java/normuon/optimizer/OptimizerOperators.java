package normuon.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
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

  /** Writes the sum of squares of x, added up in double precision, to element index of totals. */
  void squaredNorm(NDArray totals, int index, NDArray x) {
    run("squared_norm_", totals, (long) index, x);
  }

  /** x ← factor x. */
  void multiply(NDArray x, double factor) {
    run("multiply_", x, factor);
  }

  /** weight ← keep weight − rate update. */
  void applyUpdate(NDArray weight, NDArray update, double keep, double rate) {
    run("apply_update_", weight, update, keep, rate);
  }

  /** momentum ← decay momentum + (1 − decay) gradient. */
  void momentum(NDArray momentum, NDArray gradient, double decay) {
    run("momentum_", momentum, gradient, decay);
  }

  /** As {@link #momentum}; then gradient ← (1 − decay) gradient + decay momentum. */
  void nesterovMomentum(NDArray momentum, NDArray gradient, double decay) {
    run("nesterov_momentum_", momentum, gradient, decay);
  }

  /** A Newton–Schulz iteration of one polynomial per three coefficients, on the whole matrix. */
  NDArray newtonSchulz(
      NDManager owner, NDArray x, double[] coefficients, double safety, Precision precision) {
    return compute(owner, "newton_schulz", x, coefficients, safety, precision == Precision.BF16);
  }

  /**
   * The same iteration on the Gram matrix of the smaller side.
   *
   * @param growthBound how much rounding errors of the Gram matrix may grow before it is made anew
   */
  NDArray newtonSchulzGram(
      NDManager owner, NDArray x, double[] coefficients, double safety, double growthBound) {
    return compute(owner, "newton_schulz_gram", x, coefficients, safety, growthBound);
  }

  /** Row-wise normalization of a polar factor into update; see {@link NorMuon}. */
  void normalizeRows(
      NDArray update,
      NDArray polar,
      NDArray secondMoment,
      NorMuonOptions options,
      double scale,
      boolean matched) {
    run(
        "normalize_rows_",
        update,
        polar,
        secondMoment,
        options.secondMomentDecay(),
        options.epsilon(),
        scale,
        matched);
  }

  /** Both moments in place; the gradient becomes the update; see {@link AdamW}. */
  void adamw(NDArray gradient, AdamW.Moments moments, AdamWOptions options, long step) {
    run(
        "adamw_",
        gradient,
        moments.mean(),
        moments.square(),
        options.beta1(),
        options.beta2(),
        1 - Math.pow(options.beta1(), step),
        1 - Math.pow(options.beta2(), step),
        options.epsilon());
  }

  private void run(String operator, Object... arguments) {
    kit.run(operator, arguments);
  }

  private NDArray compute(NDManager owner, String operator, Object... arguments) {
    return kit.compute(owner, operator, arguments);
  }

  @Override
  public void close() {
    kit.close();
  }
}
