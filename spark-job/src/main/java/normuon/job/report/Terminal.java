package normuon.job.report;

import java.util.Map;

/**
 * Where standard output goes.
 *
 * @param interactive whether a person watches it in a terminal
 * @param columns the width of the terminal in characters
 */
record Terminal(boolean interactive, int columns) {

  private static final int USUAL_COLUMNS = 80;

  /**
   * What the launcher found out: {@code NORMUON_TERMINAL} is 1 if standard output is a terminal,
   * and {@code COLUMNS} is its width. Java itself can only tell about input and output together.
   */
  static Terminal of(Map<String, String> environment) {
    return new Terminal(
        "1".equals(environment.get("NORMUON_TERMINAL")), columns(environment.get("COLUMNS")));
  }

  private static int columns(String text) {
    return text != null && text.matches("[1-9][0-9]{0,3}") ? Integer.parseInt(text) : USUAL_COLUMNS;
  }
}
