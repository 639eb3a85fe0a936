package normuon.job.charts;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A quantity by steps.
 *
 * @param steps ascending
 * @param values one for each step; NaN where there is none
 */
record Series(double[] steps, double[] values) {

  /** The most points that are drawn of a long series, so that pages stay small. */
  static final int MOST_POINTS = 600;

  private static final int SMOOTHED_PARTS = 60;

  /** The series without the steps that have no finite value. */
  Series finite() {
    int[] kept = IntStream.range(0, steps.length).filter(i -> Double.isFinite(values[i])).toArray();
    return new Series(at(steps, kept), at(values, kept));
  }

  boolean isEmpty() {
    return steps.length == 0;
  }

  /** The last value; NaN if there is none. */
  double last() {
    return values.length == 0 ? Double.NaN : values[values.length - 1];
  }

  /**
   * Every value's mean with equally many neighbours on both sides, together a sixtieth of the
   * series, less near its ends: the first and the last value stay what they are.
   */
  Series smooth() {
    int widest = values.length / (2 * SMOOTHED_PARTS);
    double[] sums = new double[values.length + 1];
    for (int i = 0; i < values.length; i++) {
      sums[i + 1] = sums[i] + values[i];
    }
    double[] means = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      int width = Math.min(widest, Math.min(i, values.length - 1 - i));
      means[i] = width == 0 ? values[i] : (sums[i + width + 1] - sums[i - width]) / (2 * width + 1);
    }
    return new Series(steps, means);
  }

  /** At most so many points, at even distances; the last one is there. */
  Series thinned(int points) {
    int[] ends = ends(points);
    return new Series(at(steps, ends), at(values, ends));
  }

  /**
   * For every point of {@link #thinned} the smallest and the largest value since the one before.
   */
  Envelope envelope(int points) {
    int[] ends = ends(points);
    double[] low = new double[ends.length];
    double[] high = new double[ends.length];
    for (int i = 0; i < ends.length; i++) {
      int from = i == 0 ? 0 : ends[i - 1] + 1;
      var range = Arrays.stream(values, from, ends[i] + 1).summaryStatistics();
      low[i] = range.getMin();
      high[i] = range.getMax();
    }
    return new Envelope(at(steps, ends), low, high);
  }

  /** The median of every part of the series, at most so many parts. */
  Series medians(int parts) {
    int[] ends = ends(parts);
    double[] medians = new double[ends.length];
    for (int i = 0; i < ends.length; i++) {
      int from = i == 0 ? 0 : ends[i - 1] + 1;
      medians[i] = Quantile.median(Arrays.copyOfRange(values, from, ends[i] + 1));
    }
    return new Series(at(steps, ends), medians);
  }

  private int[] ends(int points) {
    int length = (steps.length + points - 1) / points;
    return IntStream.range(0, steps.length)
        .filter(i -> (i + 1) % length == 0 || i == steps.length - 1)
        .toArray();
  }

  private static double[] at(double[] array, int[] indices) {
    return Arrays.stream(indices).mapToDouble(i -> array[i]).toArray();
  }

  /**
   * Two edges of a band.
   *
   * @param steps ascending
   * @param low the lower edge
   * @param high the upper edge
   */
  record Envelope(double[] steps, double[] low, double[] high) {}
}
