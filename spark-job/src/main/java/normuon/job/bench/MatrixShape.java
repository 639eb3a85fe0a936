package normuon.job.bench;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The shape of a matrix, written as 768x3072.
 *
 * @param rows number of rows, at least 1
 * @param columns number of columns, at least 1
 */
public record MatrixShape(int rows, int columns) {

  private static final Pattern WRITTEN = Pattern.compile("([1-9]\\d{0,5})x([1-9]\\d{0,5})");

  /**
   * Reads a shape.
   *
   * @throws IllegalArgumentException if the text is no shape
   */
  public static MatrixShape parse(String text) {
    Matcher written = WRITTEN.matcher(text);
    if (!written.matches()) {
      throw new IllegalArgumentException(
          "Invalid shape " + text + ": must be ROWSxCOLUMNS, such as 768x3072");
    }
    return new MatrixShape(Integer.parseInt(written.group(1)), Integer.parseInt(written.group(2)));
  }

  int smallerSide() {
    return Math.min(rows, columns);
  }

  @Override
  public String toString() {
    return rows + "x" + columns;
  }
}
