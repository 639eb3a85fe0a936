package normuon.job.config;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A value and where it was written.
 *
 * @param value the value
 * @param source a file, {@code --set}, a Spark property, or {@code default}
 */
record Setting(JsonNode value, String source) {

  private static final int LONGEST_SHOWN = 120;

  /** The value on one line, in quotes if it is text, cut if it is long. */
  static String show(JsonNode value) {
    String text = value.toString();
    return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "…";
  }

  @Override
  public String toString() {
    return show(value) + " (" + source + ")";
  }
}
