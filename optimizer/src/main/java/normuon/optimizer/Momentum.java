package normuon.optimizer;

/**
 * How gradients G become the matrix C that is orthogonalized, with the momentum M zero at first:
 *
 * <pre>
 *   average, no lookahead       M ← β M + (1 − β) G      C = M
 *   average, Nesterov           M ← β M + (1 − β) G      C = (1 − β) G + β M
 *   heavy ball, no lookahead    M ← β M + G              C = M
 *   heavy ball, Nesterov        M ← β M + G              C = G + β M
 * </pre>
 *
 * <p>G, M and C have the shape of the matrix, [m, n], and are float32. A heavy ball's M is 1 / (1 −
 * β) times the average's, and so is its C. The polar factor has no scale, so that both give the
 * same updates up to rounding.
 *
 * @param accumulation what M is
 * @param lookahead whether C is M itself
 * @param decay β in [0, 1); published with 0.95
 */
public record Momentum(Accumulation accumulation, Lookahead lookahead, double decay) {

  /** What the momentum is. */
  public enum Accumulation {
    /** The exponential moving average of the gradients: the paper, its repository, Muon. */
    AVERAGE,
    /** Their sum, in which those of earlier steps count less: microsoft/dion. */
    HEAVY_BALL
  }

  /** What is orthogonalized. */
  public enum Lookahead {
    /** The momentum: the paper, microsoft/dion. */
    NONE,
    /** Nesterov's mix of the momentum and the newest gradient: the paper's repository, Muon. */
    NESTEROV
  }

  /** Checks the decay. */
  public Momentum {
    Range.decay("momentum", decay);
  }
}
