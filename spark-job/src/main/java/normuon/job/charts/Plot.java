package normuon.job.charts;

import static normuon.job.charts.NumberText.coordinate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** One picture between two axes, as SVG. */
final class Plot {

  private static final int LETTERS_OF_NAME = 12;
  private static final double LEAST_DISTANCE_OF_NAMES = 16;

  private final Frame frame;
  private final Axis x;
  private final Axis y;
  private final StringBuilder svg = new StringBuilder();
  private final List<Name> names = new ArrayList<>();

  /** A name beside the end of its line. */
  private record Name(String text, String style, double height) {}

  /**
   * Begins a picture.
   *
   * @param title what it shows, for those who cannot see it
   */
  Plot(Frame frame, Axis x, Axis y, String title) {
    this.frame = frame;
    this.x = x;
    this.y = y;
    svg.append("<svg class=\"plot\" role=\"img\" viewBox=\"0 0 ").append(frame.width());
    svg.append(' ').append(frame.height()).append("\" aria-label=\"").append(Markup.escape(title));
    svg.append("\" data-plot=\"").append(coordinate(frame.x(0))).append(' ');
    svg.append(coordinate(frame.x(1))).append(' ').append(coordinate(frame.y(1))).append(' ');
    svg.append(coordinate(frame.y(0))).append("\" data-range=\"");
    svg.append(NumberText.exact(x.least())).append(' ').append(NumberText.exact(x.most()));
    svg.append("\">\n");
  }

  /** Lines and labels of round values. */
  void values(int count) {
    for (double tick : y.ticks(count)) {
      String height = coordinate(frame.y(y.share(tick)));
      svg.append("<path class=\"gridline\" d=\"M").append(coordinate(frame.x(0))).append(' ');
      svg.append(height).append('H').append(coordinate(frame.x(1))).append("\"/>");
      text(frame.left() - 6, frame.y(y.share(tick)) + 4, "tick end", NumberText.tick(tick));
    }
  }

  /** Labels of round steps, and their unit. */
  void steps(int count) {
    for (double tick : x.ticks(count)) {
      double place = frame.x(x.share(tick));
      svg.append("<path class=\"tickmark\" d=\"M").append(coordinate(place)).append(' ');
      svg.append(coordinate(frame.y(0))).append("v4\"/>");
      text(place, frame.y(0) + 17, "tick middle", NumberText.tick(tick));
    }
    text(frame.x(0.5), frame.height() - 5, "tick middle", "step");
  }

  void draw(Mark mark) {
    if (mark.steps().length == 0) {
      return;
    }
    svg.append("<g class=\"").append(mark.style()).append('"').append(data(mark)).append('>');
    if (mark instanceof Mark.Line line) {
      line(line.series());
      if (!line.name().isEmpty()) {
        names.add(new Name(line.name(), line.style(), height(line.series().last())));
      }
    } else if (mark instanceof Mark.Dots dots) {
      dots(dots.series());
    } else if (mark instanceof Mark.Band band) {
      band(band.edges());
    } else if (mark instanceof Mark.Layer layer) {
      band(layer.edges());
    } else {
      Arrays.stream(mark.steps()).forEach(this::cross);
    }
    svg.append("</g>\n");
  }

  /** A box from the first quartile to the third, whiskers to p5 and p95, a line at the median. */
  void box(String style, double center, double width, RowNorms norms, String title) {
    double half = width / 2;
    svg.append("<g class=\"box ").append(style).append("\"><title>").append(Markup.escape(title));
    svg.append("</title><path d=\"M").append(coordinate(center)).append(' ');
    svg.append(coordinate(height(norms.p5()))).append('V').append(coordinate(height(norms.p95())));
    svg.append("\"/><rect x=\"").append(coordinate(center - half)).append("\" y=\"");
    svg.append(coordinate(height(norms.p75()))).append("\" width=\"").append(coordinate(width));
    svg.append("\" height=\"");
    svg.append(coordinate(Math.max(0.5, height(norms.p25()) - height(norms.p75()))));
    svg.append("\"/><path class=\"median\" d=\"M").append(coordinate(center - half)).append(' ');
    svg.append(coordinate(height(norms.median()))).append("h").append(coordinate(width));
    svg.append("\"/></g>\n");
  }

  /** A dot with a title, not by steps. */
  void dot(String style, double center, double value, String title) {
    svg.append("<circle class=\"").append(style).append("\" r=\"3.5\" cx=\"");
    svg.append(coordinate(center)).append("\" cy=\"").append(coordinate(height(value)));
    svg.append("\"><title>").append(Markup.escape(title)).append("</title></circle>\n");
  }

  /** Plain text at a place. */
  void text(double left, double baseline, String style, String text) {
    svg.append("<text class=\"").append(style).append("\" x=\"").append(coordinate(left));
    svg.append("\" y=\"").append(coordinate(baseline)).append("\">");
    svg.append(Markup.escape(text)).append("</text>\n");
  }

  /** The picture, complete. */
  String svg() {
    names();
    return svg.append("<path class=\"pointer\" d=\"\"/></svg>\n").toString();
  }

  /** From the lowest line upwards, each name at the end of its line or as low as there is room. */
  private void names() {
    names.sort(Comparator.comparingDouble(Name::height).reversed());
    double lowest = frame.y(0) + LEAST_DISTANCE_OF_NAMES;
    for (Name name : names) {
      double height = Math.min(name.height(), lowest - LEAST_DISTANCE_OF_NAMES);
      String text = name.text();
      String shown =
          text.length() <= LETTERS_OF_NAME ? text : text.substring(0, LETTERS_OF_NAME - 1) + "…";
      text(frame.x(1) + 6, height + 4, "name " + name.style(), shown);
      lowest = height;
    }
  }

  /** A line of a single point would have no extent, and is a dot. */
  private void line(Series series) {
    if (series.steps().length == 1) {
      dots(series);
      return;
    }
    String points =
        IntStream.range(0, series.steps().length)
            .mapToObj(i -> point(series.steps()[i], series.values()[i]))
            .collect(Collectors.joining(" "));
    svg.append("<polyline points=\"").append(points).append("\"/>");
  }

  private void dots(Series series) {
    for (int i = 0; i < series.steps().length; i++) {
      svg.append("<circle r=\"2.5\" cx=\"").append(coordinate(place(series.steps()[i])));
      svg.append("\" cy=\"").append(coordinate(height(series.values()[i]))).append("\"/>");
    }
  }

  private void band(Series.Envelope edges) {
    List<String> points = new ArrayList<>();
    int last = edges.steps().length - 1;
    for (int i = 0; i <= last; i++) {
      points.add(point(edges.steps()[i], edges.high()[i]));
    }
    for (int i = last; i >= 0; i--) {
      points.add(point(edges.steps()[i], edges.low()[i]));
    }
    svg.append("<polygon points=\"").append(String.join(" ", points)).append("\"/>");
  }

  private void cross(double step) {
    svg.append("<path d=\"M").append(coordinate(place(step) - 3)).append(' ');
    svg.append(coordinate(frame.top() - 6)).append("l6 6m0 -6l-6 6\"/>");
  }

  private static String data(Mark mark) {
    if (mark.label().isEmpty()) {
      return "";
    }
    String common =
        " data-label=\"%s\" data-x=\"%s\""
            .formatted(Markup.escape(mark.label()), Markup.numbers(mark.steps()));
    if (mark instanceof Mark.Band band) {
      return common
          + " data-low=\"%s\" data-high=\"%s\""
              .formatted(Markup.numbers(band.edges().low()), Markup.numbers(band.edges().high()));
    }
    double[] values = mark instanceof Mark.Layer layer ? layer.added() : mark.values().toArray();
    return values.length == 0 ? common : common + " data-y=\"" + Markup.numbers(values) + "\"";
  }

  private String point(double step, double value) {
    return coordinate(place(step)) + "," + coordinate(height(value));
  }

  private double place(double step) {
    return frame.x(x.share(step));
  }

  /** A value outside of the axis is drawn at its edge. */
  private double height(double value) {
    return frame.y(Math.max(0, Math.min(1, y.share(value))));
  }
}
