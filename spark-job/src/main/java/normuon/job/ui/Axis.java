package normuon.job.ui;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/**
 * The range of values that a chart shows.
 *
 * @param least the value at its begin
 * @param most the value at its end, greater
 */
record Axis(double least, double most) {

  /** Widens a range without extent, which has no middle otherwise. */
  Axis {
    if (least == most) {
      least -= 0.5;
      most += 0.5;
    }
  }

  /** Where a value lies: 0 at the begin, 1 at the end. */
  double share(double value) {
    return (value - least) / (most - least);
  }

  /** Round values within the range, at most so many and one: multiples of 1, 2 or 5 times 10^n. */
  double[] ticks(int count) {
    double rough = (most - least) / count;
    double unit = Math.pow(10, Math.floor(Math.log10(rough)));
    double distance =
        DoubleStream.of(1, 2, 5, 10)
            .map(factor -> factor * unit)
            .filter(round -> round >= rough * (1 - 1e-9))
            .findFirst()
            .orElseThrow();
    return LongStream.rangeClosed(
            (long) Math.ceil(least / distance), (long) Math.floor(most / distance))
        .mapToDouble(multiple -> multiple * distance)
        .toArray();
  }

  /** A tick as people write it: 0.3, not 0.30000000000000004. */
  static String label(double tick) {
    return new BigDecimal(tick).round(new MathContext(6)).stripTrailingZeros().toPlainString();
  }
}
