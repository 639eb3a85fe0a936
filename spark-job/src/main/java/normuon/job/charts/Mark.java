package normuon.job.charts;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Something that a chart shows by steps. */
sealed interface Mark {

  /** What the reader's pointer calls it; empty for what it does not read. */
  String label();

  /** Its classes in the style sheet: one of a run or a phase, and how it is drawn. */
  String style();

  /** The steps at which it is. */
  double[] steps();

  /** Every value that must lie within the chart. */
  DoubleStream values();

  /**
   * A line.
   *
   * @param name what stands beside its end; empty for nothing
   */
  record Line(String label, String style, Series series, String name) implements Mark {

    @Override
    public double[] steps() {
      return series.steps();
    }

    @Override
    public DoubleStream values() {
      return Arrays.stream(series.values());
    }
  }

  /** A dot at every step. */
  record Dots(String label, String style, Series series) implements Mark {

    @Override
    public double[] steps() {
      return series.steps();
    }

    @Override
    public DoubleStream values() {
      return Arrays.stream(series.values());
    }
  }

  /** The area between two edges. */
  record Band(String label, String style, Series.Envelope edges) implements Mark {

    @Override
    public double[] steps() {
      return edges.steps();
    }

    @Override
    public DoubleStream values() {
      return DoubleStream.concat(Arrays.stream(edges.low()), Arrays.stream(edges.high()));
    }
  }

  /** What one of several quantities adds to those below it: the area between two edges. */
  record Layer(String label, String style, Series.Envelope edges) implements Mark {

    @Override
    public double[] steps() {
      return edges.steps();
    }

    @Override
    public DoubleStream values() {
      return DoubleStream.concat(DoubleStream.of(0), Arrays.stream(edges.high()));
    }

    /** What it adds. */
    double[] added() {
      return IntStream.range(0, edges.steps().length)
          .mapToDouble(i -> edges.high()[i] - edges.low()[i])
          .toArray();
    }
  }

  /** A cross at the top of the chart for every step. */
  record Crosses(String label, String style, double[] steps) implements Mark {

    @Override
    public DoubleStream values() {
      return DoubleStream.empty();
    }
  }
}
