package normuon.job.lake;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.SourceSettings;
import normuon.job.data.TokenManifest.Snapshot;
import normuon.job.data.TokenManifest.Source;
import normuon.job.data.TokenManifest.SourceFile;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** The rows of a snapshot that the filter of its source wants. */
final class SourceTable {

  /** The column of lines that are no JSON object, where there are any. */
  private static final String MALFORMED_COLUMN = "_corrupt_record";

  private final SparkSession spark;
  private final PinnedSource pinned;
  private final Source source;

  private SourceTable(SparkSession spark, PinnedSource pinned) {
    this.spark = spark;
    this.pinned = pinned;
    this.source = pinned.source();
  }

  /**
   * Opens a snapshot.
   *
   * @throws InvalidConfigurationException if it lacks a column, or one is of the wrong type
   */
  static Opened open(SparkSession spark, PinnedSource pinned) throws IOException {
    String what = "%s (%s)".formatted(pinned.place(), pinned.source().path());
    return SourceFailure.whileOpening(what, () -> new SourceTable(spark, pinned).open());
  }

  /**
   * The rows.
   *
   * @param rows the rows with all their columns
   * @param text the text of a document
   * @param key the key of a document; null for the text itself
   * @param malformed the line where it is no JSON object, else null
   */
  record Opened(Dataset<Row> rows, Column text, Column key, Column malformed) {}

  private Opened open() {
    Dataset<Row> rows = rows();
    requireText(rows);
    Column malformed = hasColumn(rows, MALFORMED_COLUMN) ? column(MALFORMED_COLUMN) : nothing();
    Column key = nothing();
    if (!source.keyColumn().isEmpty()) {
      requireColumn(rows, source.keyColumn(), "key_column");
      key = column(source.keyColumn()).cast(DataTypes.StringType);
    }
    return new Opened(filtered(rows, malformed), column(source.textColumn()), key, malformed);
  }

  private Dataset<Row> rows() {
    return switch (source.format()) {
      case PARQUET -> fileReader().parquet(paths());
      case JSON -> fileReader().option("columnNameOfCorruptRecord", MALFORMED_COLUMN).json(paths());
      case LINES ->
          fileReader()
              .text(paths())
              .withColumnRenamed(SourceSettings.LINE_COLUMN, source.textColumn());
      case DELTA -> delta();
      case ICEBERG -> iceberg();
      case TABLE -> table();
      case TEXT, TOKENS ->
          throw new IllegalArgumentException("Cannot read " + source.format() + " as a table");
    };
  }

  private Dataset<Row> delta() {
    boolean isNamed = pinned.settings().path().isEmpty();
    DeltaTable table = DeltaTable.of(spark, source.path(), isNamed);
    Snapshot snapshot = source.snapshot();
    return snapshot.after() == Snapshot.NO_VERSION
        ? table.rows(snapshot.version())
        : table.added(snapshot.after(), snapshot.version(), pinned.place());
  }

  private Dataset<Row> iceberg() {
    boolean isNamed = pinned.settings().path().isEmpty();
    IcebergTable table = new IcebergTable(spark, source.path(), isNamed);
    Snapshot snapshot = source.snapshot();
    return snapshot.after() == Snapshot.NO_VERSION
        ? table.rows(snapshot.version())
        : table.added(snapshot.after(), snapshot.version(), pinned.place());
  }

  /** A table of files, which must be those that were there when the snapshot was taken. */
  private Dataset<Row> table() {
    Dataset<Row> rows = spark.table(source.path());
    List<String> now = Arrays.stream(rows.inputFiles()).sorted().toList();
    if (now.size() != source.files().size()) {
      throw new InvalidConfigurationException(
          "Invalid %s: table %s had %d files and now has %d"
              .formatted(pinned.place(), source.path(), source.files().size(), now.size()));
    }
    return rows;
  }

  /** A reader of exactly the files of the snapshot, with columns from the names of folders. */
  private DataFrameReader fileReader() {
    SparkSession session = spark.newSession();
    // Beyond this many files Spark looks for them in a job, whose classes Kryo does not know.
    session.conf().set("spark.sql.sources.parallelPartitionDiscovery.threshold", Integer.MAX_VALUE);
    DataFrameReader reader = session.read();
    boolean isFolder = !source.files().get(0).path().equals(source.path());
    return isFolder ? reader.option("basePath", source.path()) : reader;
  }

  /** The files, whose names must not be read as patterns. */
  private String[] paths() {
    return source.files().stream()
        .map(SourceFile::path)
        .map(path -> path.replaceAll("[{}\\[\\]*?\\\\]", "\\\\$0"))
        .toArray(String[]::new);
  }

  private Dataset<Row> filtered(Dataset<Row> rows, Column malformed) {
    if (source.filter().isEmpty()) {
      return rows;
    }
    try {
      return rows.where(expr(source.filter()).or(malformed.isNotNull()));
    } catch (Exception unfit) {
      // Not only unchecked ones: Spark's Scala code throws checked exceptions without saying so.
      throw new InvalidConfigurationException(
          "Invalid %s.filter = '%s': %s"
              .formatted(
                  pinned.place(),
                  source.filter(),
                  unfit.getMessage().lines().findFirst().orElse("")),
          unfit);
    }
  }

  private void requireText(Dataset<Row> rows) {
    requireColumn(rows, source.textColumn(), "text_column");
    DataType type = rows.schema().apply(source.textColumn()).dataType();
    if (!type.equals(DataTypes.StringType)) {
      throw new InvalidConfigurationException(
          "Invalid %s.text_column = '%s': its type in %s is %s; must be string"
              .formatted(pinned.place(), source.textColumn(), source.path(), type.simpleString()));
    }
  }

  private void requireColumn(Dataset<Row> rows, String column, String setting) {
    if (!hasColumn(rows, column)) {
      throw new InvalidConfigurationException(
          "Invalid %s.%s = '%s': %s has the columns %s"
              .formatted(
                  pinned.place(),
                  setting,
                  column,
                  source.path(),
                  Arrays.toString(rows.schema().fieldNames())));
    }
  }

  private static boolean hasColumn(Dataset<Row> rows, String column) {
    return Arrays.asList(rows.schema().fieldNames()).contains(column);
  }

  private static Column nothing() {
    return lit(null).cast(DataTypes.StringType);
  }

  private static Column column(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }
}
