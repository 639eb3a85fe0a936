package normuon.job.charts;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/**
 * A range of values at even distances.
 *
 * @param least the value at its begin
 * @param most the value at its end, greater
 */
public record LinearAxis(double least, double most) implements Axis {

  /** Widens a range without extent, which has no middle otherwise. */
  public LinearAxis {
    if (least == most) {
      double half = least == 0 ? 0.5 : Math.abs(least) / 2;
      least -= half;
      most += half;
    }
  }

  @Override
  public double share(double value) {
    return (value - least) / (most - least);
  }

  /** At most so many values and one: multiples of 1, 2 or 5 times 10^n. */
  @Override
  public double[] ticks(int count) {
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
  public static String label(double tick) {
    return new BigDecimal(tick).round(new MathContext(6)).stripTrailingZeros().toPlainString();
  }
}
