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
 */
public record SourceSettings(
    Format format,
    @WhereAbsent("''") String path,
    @WhereAbsent("''") String table,
    @WhereAbsent("text") String textColumn,
    @WhereAbsent("''") String keyColumn,
    @WhereAbsent("''") String filter,
    @Interval("[-1, )") @WhereAbsent("-1") long version)
    implements Serializable {

  /** The {@link #version} that stands for the newest one. */
  public static final long NEWEST = -1;

  /** The column of a document among the lines of text files. */
  public static final String LINE_COLUMN = "value";

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
