package normuon.optimizer;

/**
 * How {@link NorMuon} normalizes the polar factor O of a matrix of shape [m, n]:
 *
 * <pre>
 *   v ← β2 v + (1 − β2) mean(O²)     the mean over each row: v is [m]; or over each column: [n]
 *   Ô = O / (√v + ε)
 * </pre>
 *
 * <p>O, v and Ô are float32, v zero at first.
 *
 * @param axis what v holds one number of
 * @param decay β2 in [0, 1); published with 0.95
 * @param epsilon ε, greater than 0; published with 1e-10 or 1e-8
 */
public record SecondMoment(Axis axis, double decay, double epsilon) {

  /** What is normalized as one. */
  public enum Axis {
    /** Rows, the neurons of a layer's output: the paper, its repository, microsoft/dion. */
    ROWS,
    /**
     * Rows of a square or tall matrix, columns of a wide one (m &lt; n): modded-nanogpt. The polar
     * factor of a wide matrix has rows of nearly one norm, so that there is nothing to normalize.
     */
    ROWS_OR_COLUMNS
  }

  /** Checks the numbers. */
  public SecondMoment {
    Range.decay("second moment decay", decay);
    Range.positive("epsilon", epsilon);
  }

  /**
   * The number of elements of v.
   *
   * @param rows m
   * @param columns n
   */
  public long length(long rows, long columns) {
    return byColumns(rows, columns) ? columns : rows;
  }

  boolean byColumns(long rows, long columns) {
    return axis == Axis.ROWS_OR_COLUMNS && rows < columns;
  }
}
