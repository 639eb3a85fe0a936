package normuon.job.lake;

import java.util.Locale;

/** Why a row of a source is no document for training. */
enum DropReason {
  /** Its text is null. */
  NULL,
  /** Its text has no character. */
  EMPTY,
  /** The line of the file is no JSON object. */
  MALFORMED,
  /** Its text has bytes that are not UTF-8. */
  INVALID_UTF8,
  /** Its text is shorter than {@code data.documents.minimum_characters}. */
  TOO_SHORT,
  /** Its text is longer than {@code data.documents.maximum_characters}. */
  TOO_LONG,
  /** Its text has occurred before. */
  DUPLICATE;

  /** The name in the manifest and the quarantine table. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Whether somebody may want to look at the row: it holds something that is not as it should be.
   */
  boolean isQuarantined() {
    return this == MALFORMED || this == INVALID_UTF8 || this == TOO_LONG;
  }
}
