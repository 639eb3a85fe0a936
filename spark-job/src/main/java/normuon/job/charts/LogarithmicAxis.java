package normuon.job.charts;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * A range of values at which equal ratios have equal distances.
 *
 * @param least the value at its begin, positive
 * @param most the value at its end, greater
 */
record LogarithmicAxis(double least, double most) implements Axis {

  /** Widens a range of less than a fifth, in which there would be no round value. */
  LogarithmicAxis {
    if (most < least * 1.2) {
      least /= 1.1;
      most *= 1.1;
    }
  }

  /** A value that is not positive has no place: it lies below the begin. */
  @Override
  public double share(double value) {
    return value <= 0 ? -1 : Math.log(value / least) / Math.log(most / least);
  }

  /** Powers of ten; where these are too few also their doubles and fivefolds, or even values. */
  @Override
  public double[] ticks(int count) {
    double[] powers = multiples(1);
    if (powers.length > count + 1) {
      int every = (powers.length + count - 1) / count;
      return IntStream.range(0, powers.length)
          .filter(index -> index % every == 0)
          .mapToDouble(index -> powers[index])
          .toArray();
    }
    if (powers.length >= 3) {
      return powers;
    }
    double[] more = multiples(1, 2, 5);
    return more.length >= 3 ? more : new LinearAxis(least, most).ticks(count);
  }

  private double[] multiples(double... factors) {
    int from = (int) Math.floor(Math.log10(least));
    int to = (int) Math.ceil(Math.log10(most));
    return IntStream.rangeClosed(from, to)
        .boxed()
        .flatMapToDouble(
            power -> Arrays.stream(factors).map(factor -> factor * Math.pow(10, power)))
        .filter(value -> value >= least * (1 - 1e-9) && value <= most * (1 + 1e-9))
        .toArray();
  }

  /** The axis on which all positive values have their place; of 1 to 10 if there are none. */
  static LogarithmicAxis around(DoubleStream values) {
    var range = values.filter(value -> value > 0 && Double.isFinite(value)).summaryStatistics();
    return range.getCount() == 0
        ? new LogarithmicAxis(1, 10)
        : new LogarithmicAxis(range.getMin(), range.getMax());
  }
}
