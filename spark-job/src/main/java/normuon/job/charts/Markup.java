package normuon.job.charts;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.text.StringEscapeUtils;

/** Pieces of the page; well-formed as XML, so that a program can check them. */
final class Markup {

  private Markup() {}

  /** Text as it may stand between tags and in attributes; what XML cannot hold is left out. */
  static String escape(String text) {
    return StringEscapeUtils.escapeXml10(text);
  }

  /** An element with a class around content that is markup already. */
  static String element(String tag, String style, String... content) {
    String attribute = style.isEmpty() ? "" : " class=\"" + style + "\"";
    return "<" + tag + attribute + ">" + String.join("", content) + "</" + tag + ">\n";
  }

  /** A paragraph of plain text. */
  static String paragraph(String style, String text) {
    return element("p", style, escape(text));
  }

  /** A part of the page with its heading. */
  static String section(String heading, String... content) {
    return "<section>\n<h2>"
        + escape(heading)
        + "</h2>\n"
        + String.join("", content)
        + "</section>\n";
  }

  /** Pictures side by side where there is room. */
  static String grid(String style, List<String> figures) {
    return element("div", "grid " + style, String.join("", figures));
  }

  /** Pictures of one thing under its name. */
  static String group(String heading, List<String> figures) {
    return element("div", "group", "<h3>" + escape(heading) + "</h3>\n", grid("narrow", figures));
  }

  /** A table whose first row, and first cell of each row, are headings; of plain text. */
  static String table(List<List<String>> rows) {
    return element(
        "div",
        "scroll",
        "<table>\n",
        "<thead>" + row(rows.get(0), "th") + "</thead>\n<tbody>\n",
        rows.stream().skip(1).map(cells -> row(cells, "td")).collect(Collectors.joining("\n")),
        "\n</tbody>\n</table>");
  }

  private static String row(List<String> cells, String tag) {
    StringBuilder row = new StringBuilder("<tr>");
    for (int i = 0; i < cells.size(); i++) {
      String cell = i == 0 ? "th" : tag;
      row.append('<').append(cell).append('>').append(escape(cells.get(i)));
      row.append("</").append(cell).append('>');
    }
    return row.append("</tr>").toString();
  }

  /** Numbers for the reader's pointer. */
  static String numbers(double[] values) {
    return Arrays.stream(values).mapToObj(NumberText::exact).collect(Collectors.joining(" "));
  }
}
