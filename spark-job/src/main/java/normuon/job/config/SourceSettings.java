package normuon.job.config;

import java.io.Serializable;

/**
 * An entry of {@code data.sources}: documents of a table or of files.
 *
 * @param format how it is stored
 * @param path a file or folder on any Hadoop file system; empty where {@code table} names it
 * @param table the name of a table in a catalog of Spark; empty where {@code path} names it
 * @param textColumn the column that holds the text of a document
 * @param keyColumn the column that names a document, and by which it is for training or for
 *     validation; empty for the text itself
 * @param filter the rows that are wanted, as a condition in SQL; empty for all
 * @param version the version of a Delta table, or the snapshot of an Iceberg table; {@link #NEWEST}
 *     for what is newest when it is first prepared
 * @param weight of every so many sequences as all weights together, the number that come from this
 *     source; {@link #NO_WEIGHT} to put the documents of all sources together
 */
public record SourceSettings(
    Format format,
    @WhereAbsent("''") String path,
    @WhereAbsent("''") String table,
    @WhereAbsent("text") String textColumn,
    @WhereAbsent("''") String keyColumn,
    @WhereAbsent("''") String filter,
    @Interval("[-1, )") @WhereAbsent("-1") long version,
    @Interval("[0, 1000000000]") @WhereAbsent("0") long weight)
    implements Serializable {

  /** The {@link #version} that stands for the newest one. */
  public static final long NEWEST = -1;

  /** The {@link #weight} of sources whose documents are put together. */
  public static final long NO_WEIGHT = 0;

  /** The column of a document among the lines of text files. */
  public static final String LINE_COLUMN = "value";

  /** A source without a weight. */
  public SourceSettings(
      Format format,
      String path,
      String table,
      String textColumn,
      String keyColumn,
      String filter,
      long version) {
    this(format, path, table, textColumn, keyColumn, filter, version, NO_WEIGHT);
  }

  /** The path, or the name of the table. */
  public String location() {
    return path.isEmpty() ? table : path;
  }

  /** How documents are stored. */
  public enum Format {
    /** Parquet files. */
    PARQUET,
    /** Files with a JSON object a line. */
    JSON,
    /** Files of UTF-8 text, a document a line. */
    LINES,
    /** A Delta table, by path or name. */
    DELTA,
    /** An Iceberg table, by path or name. */
    ICEBERG,
    /** A table or view of any kind, by its name. */
    TABLE
  }
}
