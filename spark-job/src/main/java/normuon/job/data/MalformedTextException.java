package normuon.job.data;

import java.io.IOException;

/** A file holds bytes that are not UTF-8. */
final class MalformedTextException extends IOException {

  private static final long serialVersionUID = 1L;

  private final long offset;

  MalformedTextException(long offset) {
    super("Invalid UTF-8 at byte " + offset);
    this.offset = offset;
  }

  /** The offset of the first such byte, from 0. */
  long offset() {
    return offset;
  }
}
