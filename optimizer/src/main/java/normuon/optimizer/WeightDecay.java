package normuon.optimizer;

/**
 * How weights decay, beside the update and not through the gradient. With coefficient λ and
 * learning rate η, a step multiplies weights by 1 − η λ, or by 1 − η (η λ) where the decay is tied
 * to the learning rate.
 *
 * @param reach which weights decay
 * @param strength how the decay follows the learning rate
 */
public record WeightDecay(Reach reach, Strength strength) {

  /** Which weights decay. */
  public enum Reach {
    /** All (I. Loshchilov and F. Hutter, arXiv 1711.05101). */
    DECOUPLED,
    /**
     * Those that the update brings nearer to zero or leaves as they are, that is where U W ≥ 0
     * (modded-nanogpt; L. Chen et al., arXiv 2510.12402).
     */
    CAUTIOUS
  }

  /** How the decay follows the learning rate. */
  public enum Strength {
    /** η λ per step. */
    LINEAR,
    /** η (η λ) per step: a decay that a schedule brings down faster than the update. */
    TIED_TO_LEARNING_RATE
  }

  /** All weights, by η λ. */
  public static WeightDecay decoupled() {
    return new WeightDecay(Reach.DECOUPLED, Strength.LINEAR);
  }

  /** What a weight that decays is multiplied by. */
  double keep(double learningRate, double coefficient) {
    return switch (strength) {
      case LINEAR -> 1 - learningRate * coefficient;
      case TIED_TO_LEARNING_RATE -> 1 - learningRate * (learningRate * coefficient);
    };
  }
}
