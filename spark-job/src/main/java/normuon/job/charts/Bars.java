package normuon.job.charts;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lengths beside one another, each a row of colored parts. */
final class Bars {

  private final List<String> rows = new ArrayList<>();

  /**
   * A part of a row.
   *
   * @param style its class in the style sheet
   * @param share its length over the width of the picture, 0 to 1
   * @param title what it stands for
   */
  record Part(String style, double share, String title) {}

  /**
   * Adds a row.
   *
   * @param name what stands before it
   * @param parts from left to right
   * @param value what stands after it
   */
  void add(String name, List<Part> parts, String value) {
    StringBuilder row = new StringBuilder(Markup.element("span", "of", Markup.escape(name)));
    row.append("<span class=\"track\">");
    for (Part part : parts) {
      row.append("<span class=\"part ").append(part.style()).append("\" style=\"width:");
      row.append(String.format(Locale.ROOT, "%.2f%%", 100 * part.share())).append("\" title=\"");
      row.append(Markup.escape(part.title())).append("\"></span>");
    }
    row.append("</span>").append(Markup.element("span", "value", Markup.escape(value)));
    rows.add(Markup.element("div", "row", row.toString()));
  }

  String html() {
    return Markup.element("div", "bars", String.join("", rows));
  }
}
