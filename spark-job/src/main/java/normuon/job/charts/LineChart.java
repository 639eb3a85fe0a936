package normuon.job.charts;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/** Quantities by steps: lines, bands and dots over one another. */
final class LineChart {

  private static final int TICKS = 5;

  private final String title;
  private final Frame frame;
  private final List<Mark> marks = new ArrayList<>();

  /** How values are laid out. */
  enum Scale {
    LINEAR,
    FROM_ZERO,
    LOGARITHMIC
  }

  /**
   * Creates an empty chart.
   *
   * @param title what it shows, for those who cannot see it
   */
  LineChart(String title, Frame frame) {
    this.title = title;
    this.frame = frame;
  }

  void add(Mark mark) {
    marks.add(mark);
  }

  /** Whether there is nothing to draw. */
  boolean isEmpty() {
    return values().findAny().isEmpty();
  }

  /** Every value, also of the other charts that are to have the same axis. */
  DoubleStream values() {
    return marks.stream().flatMapToDouble(Mark::values).filter(Double::isFinite);
  }

  /** Draws it over the range of its own values. */
  String svg(Scale scale) {
    return svg(axis(scale, values().toArray()));
  }

  /** Draws it over a range that other charts have, too. */
  String svg(Axis values) {
    Plot plot = new Plot(frame, steps(), values, title);
    plot.values(frame.height() < 200 ? TICKS - 1 : TICKS);
    plot.steps(TICKS);
    marks.forEach(plot::draw);
    return plot.svg();
  }

  /** The axis of a scale on which values have their place. */
  static Axis axis(Scale scale, double[] values) {
    if (scale == Scale.LOGARITHMIC) {
      return LogarithmicAxis.around(Arrays.stream(values));
    }
    var range = Arrays.stream(values).summaryStatistics();
    if (range.getCount() == 0) {
      return new LinearAxis(0, 1);
    }
    if (scale == Scale.FROM_ZERO && range.getMin() >= 0) {
      return new LinearAxis(0, range.getMax());
    }
    double margin = 0.03 * (range.getMax() - range.getMin());
    return new LinearAxis(range.getMin() - margin, range.getMax() + margin);
  }

  /** The axis on which the values of several charts have their place. */
  static Axis common(Scale scale, List<LineChart> charts) {
    return axis(scale, charts.stream().flatMapToDouble(LineChart::values).toArray());
  }

  private Axis steps() {
    double last = marks.stream().flatMapToDouble(m -> Arrays.stream(m.steps())).max().orElse(1);
    return new LinearAxis(0, Math.max(1, last));
  }
}
