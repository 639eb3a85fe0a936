package normuon.optimizer;

import java.io.Serializable;
import java.util.Arrays;

/**
 * How far the norms of a matrix' rows lie apart: each is divided by the root mean square of all of
 * them, so that 1 is the mean size whatever the matrix' own. Quantiles between two norms are
 * interpolated linearly.
 *
 * @param minimum the least
 * @param p5 5 % are at most this
 * @param p25 25 % are at most this
 * @param median half are at most this
 * @param p75 75 % are at most this
 * @param p95 95 % are at most this
 * @param maximum the greatest
 * @param mean at most 1, and 1 only if all are equal
 * @param deviation the standard deviation over all rows, √(1 − mean²)
 */
public record NormSpread(
    double minimum,
    double p5,
    double p25,
    double median,
    double p75,
    double p95,
    double maximum,
    double mean,
    double deviation)
    implements Serializable {

  /**
   * The spread of some norms.
   *
   * @param norms at least one; all NaN comes of norms that are all 0, as they have no mean size
   */
  public static NormSpread of(double[] norms) {
    double[] sizes = Arrays.stream(relative(norms)).sorted().toArray();
    double mean = Arrays.stream(sizes).average().orElseThrow();
    double variance =
        Arrays.stream(sizes).map(size -> (size - mean) * (size - mean)).average().orElseThrow();
    return new NormSpread(
        sizes[0],
        quantile(sizes, 0.05),
        quantile(sizes, 0.25),
        quantile(sizes, 0.5),
        quantile(sizes, 0.75),
        quantile(sizes, 0.95),
        sizes[sizes.length - 1],
        mean,
        Math.sqrt(variance));
  }

  /** Norms divided by their root mean square. */
  static double[] relative(double[] norms) {
    double meanSquare = Arrays.stream(norms).map(norm -> norm * norm).average().orElseThrow();
    return Arrays.stream(norms).map(norm -> norm / Math.sqrt(meanSquare)).toArray();
  }

  private static double quantile(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
