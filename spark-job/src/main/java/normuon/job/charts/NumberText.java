package normuon.job.charts;

import java.util.Locale;

/** How numbers are written in the report: the same in every country. */
final class NumberText {

  /** What stands where there is no number. */
  static final String NONE = "–";

  private NumberText() {}

  /** A formatted text in which a number that is not finite is a dash. */
  static String format(String pattern, double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, pattern, value) : NONE;
  }

  /** A whole number with its thousands apart. */
  static String whole(double value) {
    return format("%,.0f", value);
  }

  /** The label of a tick: short, from 10,000 on in thousands and so on. */
  static String tick(double value) {
    double size = Math.abs(value);
    if (size >= 1e9) {
      return LinearAxis.label(value / 1e9) + "G";
    }
    if (size >= 1e6) {
      return LinearAxis.label(value / 1e6) + "M";
    }
    if (size >= 1e4) {
      return LinearAxis.label(value / 1e3) + "k";
    }
    if (size > 0 && size < 1e-3) {
      int exponent = (int) Math.floor(Math.log10(size) + 1e-9);
      return LinearAxis.label(value / Math.pow(10, exponent)) + "e" + exponent;
    }
    return LinearAxis.label(value);
  }

  /** A value as it is kept for the reader's pointer: with six digits. */
  static String exact(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e12) {
      return Long.toString((long) value);
    }
    String text = String.format(Locale.ROOT, "%.6g", value);
    boolean hasFraction = text.contains(".") && !text.contains("e");
    return hasFraction ? text.replaceAll("\\.?0+$", "") : text;
  }

  /** A coordinate of a picture, whose unit is about a pixel. */
  static String coordinate(double value) {
    return Double.toString(Math.round(value * 100) / 100.0).replaceAll("\\.0$", "");
  }
}
