package normuon.job.charts;

import java.util.Arrays;

/** Middle values. */
final class Quantile {

  private Quantile() {}

  /** The median of the values that are finite; NaN if none is. */
  static double median(double[] values) {
    double[] sorted = Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
    int middle = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
