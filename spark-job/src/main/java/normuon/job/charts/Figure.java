package normuon.job.charts;

/** A picture with its heading, what it shows, and room for what the reader's pointer reads. */
final class Figure {

  private final String heading;
  private final String caption;
  private final String style;

  /**
   * Creates the figure.
   *
   * @param heading its name and unit
   * @param caption how to read it; empty for what explains itself
   */
  Figure(String heading, String caption) {
    this(heading, caption, "");
  }

  /**
   * Creates a figure of one run among others.
   *
   * @param style the class of the run, in whose color the heading is
   */
  Figure(String heading, String caption, String style) {
    this.heading = heading;
    this.caption = caption;
    this.style = style;
  }

  /** Around a picture. */
  String of(String picture) {
    return around("", picture);
  }

  /** Around two pictures of the same, of which a switch shows one; it works without a script. */
  String ofBoth(LineChart chart, LineChart.Scale first) {
    String control =
        "<label class=\"switch\"><input type=\"checkbox\" class=\"logarithmic\"/>"
            + " log scale</label>";
    return around(
        control,
        Markup.element("div", "linear", chart.svg(first)),
        Markup.element("div", "log", chart.svg(LineChart.Scale.LOGARITHMIC)));
  }

  /** In the place of a picture for which there are no numbers. */
  String without(String reason) {
    return around("", Markup.paragraph("nothing", reason));
  }

  private String around(String control, String... pictures) {
    return Markup.element(
        "figure",
        style,
        "<div class=\"head\"><h3>" + Markup.escape(heading) + "</h3>" + control + "</div>\n",
        "<p class=\"readout\"></p>\n",
        String.join("", pictures),
        caption.isEmpty() ? "" : "<figcaption>" + Markup.escape(caption) + "</figcaption>\n");
  }
}
