package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code data.documents}: which documents of {@code data.sources} are left out.
 *
 * @param minimumCharacters the shortest document, in characters
 * @param maximumCharacters the longest; 0 for any
 * @param duplicates what becomes of a document whose text has occurred before
 */
public record DocumentSettings(
    @Interval("[1, )") int minimumCharacters,
    @Interval("[0, )") int maximumCharacters,
    Duplicates duplicates)
    implements Serializable {

  /** What becomes of a document whose text has occurred before. */
  public enum Duplicates {
    /** It is left out. */
    DROP,
    /** It is kept. */
    KEEP
  }
}
