package normuon.job.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The meaning of an {@link Interval}: checks a number against it and says it in words. */
record NumberRange(
    BigDecimal lowest, boolean lowestIncluded, BigDecimal highest, boolean highestIncluded) {

  private static final Pattern NOTATION =
      Pattern.compile("([\\[(])\\s*([^,\\s]*)\\s*,\\s*([^,\\s]*)\\s*([])])");

  static NumberRange parse(String notation) {
    Matcher matcher = NOTATION.matcher(notation);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "Invalid interval " + notation + ": must be written like [0, 1) or [1, )");
    }
    return new NumberRange(
        bound(matcher.group(2)),
        matcher.group(1).equals("["),
        bound(matcher.group(3)),
        matcher.group(4).equals("]"));
  }

  private static BigDecimal bound(String text) {
    return text.isEmpty() ? null : new BigDecimal(text);
  }

  boolean contains(BigDecimal number) {
    int aboveLowest = lowest == null ? 1 : number.compareTo(lowest);
    int belowHighest = highest == null ? 1 : highest.compareTo(number);
    return (aboveLowest > 0 || aboveLowest == 0 && lowestIncluded)
        && (belowHighest > 0 || belowHighest == 0 && highestIncluded);
  }

  /** The range in words, such as {@code above 0 and below 1}; empty when it is unbounded. */
  String inWords() {
    List<String> ends = new ArrayList<>();
    if (lowest != null) {
      ends.add((lowestIncluded ? "at least " : "above ") + lowest.toPlainString());
    }
    if (highest != null) {
      ends.add((highestIncluded ? "at most " : "below ") + highest.toPlainString());
    }
    return String.join(" and ", ends);
  }
}
