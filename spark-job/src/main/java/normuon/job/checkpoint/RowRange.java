package normuon.job.checkpoint;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which rows of a tensor a shard file holds; written as {@code start:end:total}.
 *
 * @param start the first row
 * @param end the row after the last one
 * @param total the rows of the whole tensor
 */
record RowRange(long start, long end, long total) {

  private static final Pattern FORM = Pattern.compile("(\\d{1,18}):(\\d{1,18}):(\\d{1,18})");

  static RowRange of(CheckpointTensor tensor) {
    return new RowRange(tensor.rows().start(), tensor.rows().end(), tensor.wholeRows());
  }

  static RowRange parse(String tensor, String text) throws IOException {
    Matcher form = FORM.matcher(text == null ? "" : text);
    if (!form.matches()) {
      throw new DamageException(
          "Invalid row range " + text + " of tensor " + tensor + ": must be start:end:total");
    }
    return new RowRange(
        Long.parseLong(form.group(1)),
        Long.parseLong(form.group(2)),
        Long.parseLong(form.group(3)));
  }

  @Override
  public String toString() {
    return start + ":" + end + ":" + total;
  }
}
