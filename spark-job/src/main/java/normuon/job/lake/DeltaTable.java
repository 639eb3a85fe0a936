package normuon.job.lake;

import static org.apache.spark.sql.functions.col;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import normuon.job.config.InvalidConfigurationException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The versions of a Delta table.
 *
 * @param spark reads it
 * @param location its path or name
 * @param relation what SQL calls it
 * @param isNamed whether the location is a name
 */
record DeltaTable(SparkSession spark, String location, String relation, boolean isNamed) {

  /** Operations that change no row, nor any file. */
  private static final Set<String> OF_METADATA =
      Set.of(
          "CREATE TABLE",
          "SET TBLPROPERTIES",
          "UNSET TBLPROPERTIES",
          "ADD COLUMNS",
          "CHANGE COLUMN",
          "CHANGE COLUMNS",
          "ADD CONSTRAINT",
          "DROP CONSTRAINT",
          "UPGRADE PROTOCOL",
          "ADD FEATURE",
          "CLUSTER BY",
          "VACUUM START",
          "VACUUM END");

  /** Operations that put the same rows into other files. */
  private static final Set<String> OF_LAYOUT = Set.of("OPTIMIZE", "REORG");

  /** Features by which a file does not say by itself which rows and columns it has. */
  private static final Set<String> LAYERS =
      Set.of("delta.columnMapping.mode", "delta.enableDeletionVectors", "delta.enableTypeWidening");

  private static final String FILE = "_metadata.file_path";

  static DeltaTable of(SparkSession spark, String location, boolean isNamed) {
    String relation = isNamed ? location : "delta.`" + location.replace("`", "``") + "`";
    return new DeltaTable(spark, location, relation, isNamed);
  }

  /** The identity that a table of the same path or name which takes its place has not. */
  String identity() {
    return spark.sql("DESCRIBE DETAIL " + relation).select("id").first().getString(0);
  }

  long newestVersion() {
    return spark
        .sql("DESCRIBE HISTORY " + relation + " LIMIT 1")
        .select("version")
        .first()
        .getLong(0);
  }

  /** All rows of a version. */
  Dataset<Row> rows(long version) {
    return isNamed
        ? spark.sql("SELECT * FROM %s VERSION AS OF %d".formatted(relation, version))
        : spark.read().format("delta").option("versionAsOf", version).load(location);
  }

  /**
   * The rows that came after a version and until another.
   *
   * @param place the key of the source, for messages
   * @throws InvalidConfigurationException if rows of the version before were deleted or changed;
   *     names the version that did so
   */
  Dataset<Row> added(long after, long version, String place) {
    if (version < after) {
      throw new InvalidConfigurationException(
          "Cannot retrain on what was added to %s (%s): version %d is before version %d, which was read"
              .formatted(place, location, version, after));
    }
    return RowsByFile.newFiles(rows(after), rows(version), FILE)
        .map(files -> rowsIn(files, version))
        .orElseGet(() -> addedBetweenLayouts(after, version, place));
  }

  /** Where files were rewritten in between, those before and after it are told apart. */
  private Dataset<Row> addedBetweenLayouts(long after, long version, String place) {
    Dataset<Row> added = rows(version).limit(0);
    for (Stretch stretch : stretches(after, version, place)) {
      Set<String> files =
          RowsByFile.newFiles(rows(stretch.after), rows(stretch.version), FILE)
              .orElseThrow(
                  () ->
                      new InvalidConfigurationException(
                          "Cannot retrain on what was added to %s (%s): files of version %d are gone in version %d; train a line anew"
                              .formatted(place, location, stretch.after, stretch.version)));
      added = added.unionByName(rowsIn(files, stretch.version), true);
    }
    return added;
  }

  /** The rows of some files alone, where a file says all of its rows; else of the whole version. */
  private Dataset<Row> rowsIn(Set<String> files, long version) {
    Dataset<Row> rows = rows(version);
    Row detail = spark.sql("DESCRIBE DETAIL " + relation).select("location", "properties").first();
    boolean isPlain =
        detail.<String, String>getJavaMap(1).keySet().stream().noneMatch(LAYERS::contains);
    if (!isPlain || files.isEmpty()) {
      return RowsByFile.in(files, rows, FILE);
    }
    return spark
        .read()
        .schema(rows.schema())
        .option("basePath", detail.getString(0))
        .parquet(files.stream().sorted().map(DeltaTable::literal).toArray(String[]::new));
  }

  /** The path of a URI, which must not be read as a pattern. */
  private static String literal(String uri) {
    return new Path(URI.create(uri)).toString().replaceAll("[{}\\[\\]*?\\\\]", "\\\\$0");
  }

  /** Versions between which files were only added. */
  private record Stretch(long after, long version) {}

  private List<Stretch> stretches(long after, long version, String place) {
    Map<Long, Row> history = new TreeMap<>();
    spark
        .sql("DESCRIBE HISTORY " + relation)
        .where(col("version").gt(after).and(col("version").leq(version)))
        .select("version", "operation", "operationParameters", "operationMetrics")
        .collectAsList()
        .forEach(row -> history.put(row.getLong(0), row));
    List<Stretch> stretches = new ArrayList<>();
    long from = after;
    for (long next = after + 1; next <= version; next++) {
      Row commit = history.get(next);
      if (commit == null) {
        throw new InvalidConfigurationException(
            "Cannot tell what was added to %s (%s): its history lacks version %d; train a line anew"
                .formatted(place, location, next));
      }
      if (OF_LAYOUT.contains(commit.getString(1))) {
        stretches.add(new Stretch(from, next - 1));
        from = next;
      } else if (!isAppend(commit)) {
        throw new InvalidConfigurationException(
            "Cannot retrain on what was added to %s (%s): version %d is a %s, which may change or delete rows; train a line anew"
                .formatted(place, location, next, commit.getString(1)));
      }
    }
    stretches.add(new Stretch(from, version));
    return stretches.stream().filter(stretch -> stretch.version > stretch.after).toList();
  }

  private static boolean isAppend(Row commit) {
    Map<String, String> parameters = strings(commit, 2);
    Map<String, String> metrics = strings(commit, 3);
    return switch (commit.getString(1)) {
      case "WRITE" -> "Append".equals(parameters.get("mode"));
      case "STREAMING UPDATE" -> "Append".equals(parameters.get("outputMode"));
      case "COPY INTO" -> true;
      case "MERGE" ->
          "0".equals(metrics.get("numTargetRowsUpdated"))
              && "0".equals(metrics.get("numTargetRowsDeleted"));
      default -> OF_METADATA.contains(commit.getString(1));
    };
  }

  private static Map<String, String> strings(Row row, int column) {
    return row.isNullAt(column) ? Map.of() : row.getJavaMap(column);
  }
}
