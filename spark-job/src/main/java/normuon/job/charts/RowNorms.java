package normuon.job.charts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How the row norms of a matrix are distributed, over their mean size: 1 is a row like the others.
 *
 * @param p5 a twentieth of the rows is shorter
 * @param p25 a quarter is shorter
 * @param median half are shorter
 * @param p75 a quarter is longer
 * @param p95 a twentieth is longer
 */
record RowNorms(double p5, double p25, double median, double p75, double p95) {

  /** Of no rows. */
  static final RowNorms NONE =
      new RowNorms(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);

  static RowNorms of(JsonNode norms) {
    return new RowNorms(
        Measurement.number(norms, "p5"),
        Measurement.number(norms, "p25"),
        Measurement.number(norms, "median"),
        Measurement.number(norms, "p75"),
        Measurement.number(norms, "p95"));
  }

  /** Whether there are rows. */
  boolean exist() {
    return Double.isFinite(p5) && Double.isFinite(p95) && Double.isFinite(median);
  }

  /** The median of each quantile over several matrices; {@link #NONE} if there is none. */
  static RowNorms medians(List<RowNorms> all) {
    return new RowNorms(
        median(all, RowNorms::p5),
        median(all, RowNorms::p25),
        median(all, RowNorms::median),
        median(all, RowNorms::p75),
        median(all, RowNorms::p95));
  }

  private static double median(List<RowNorms> all, ToDoubleFunction<RowNorms> quantile) {
    return Quantile.median(all.stream().mapToDouble(quantile).toArray());
  }
}
