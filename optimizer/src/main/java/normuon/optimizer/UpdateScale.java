package normuon.optimizer;

/**
 * How large the update of a matrix of shape [m, n] is at learning rate 1. All but {@link #PAPER}
 * keep the Frobenius norm of the polar factor O and multiply it by a factor of the shape.
 */
public enum UpdateScale {
  /**
   * ‖U‖ = 0.2 √(m n): a root mean square of exactly 0.2, which is about AdamW's (Algorithm 1 of
   * arXiv 2510.05491).
   */
  PAPER,
  /** ‖U‖ = √max(1, m/n) ‖O‖ (zichongli5/NorMuon, K. Jordan's Muon, modded-nanogpt). */
  OFFICIAL,
  /**
   * ‖U‖ = √(m/n) ‖O‖: bounds the change of a layer's output whatever its width (microsoft/dion,
   * "spectral_norm").
   */
  SPECTRAL,
  /**
   * ‖U‖ = 0.2 √max(m, n) ‖O‖: a root mean square of 0.2 where all singular values of O are 1
   * (microsoft/dion, "rms_norm").
   */
  RMS,
  /** ‖U‖ = ‖O‖. */
  NONE;

  private static final double ROOT_MEAN_SQUARE = 0.2;

  /** What the norm of the polar factor is multiplied by; for {@link #PAPER} the norm itself. */
  double factor(double rows, double columns) {
    return switch (this) {
      case PAPER -> ROOT_MEAN_SQUARE * Math.sqrt(rows * columns);
      case OFFICIAL -> Math.sqrt(Math.max(1, rows / columns));
      case SPECTRAL -> Math.sqrt(rows / columns);
      case RMS -> ROOT_MEAN_SQUARE * Math.sqrt(Math.max(rows, columns));
      case NONE -> 1;
    };
  }

  boolean keepsPolarNorm() {
    return this != PAPER;
  }
}
