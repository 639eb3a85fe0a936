package normuon.job.lake;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The snapshots of an Iceberg table.
 *
 * @param spark reads it
 * @param location its path or name
 * @param isNamed whether the location is a name
 */
record IcebergTable(SparkSession spark, String location, boolean isNamed) {

  /** A commit that adds rows and does nothing else. */
  private static final String APPEND = "append";

  /** A commit that puts the same rows into other files; an incremental read leaves it out. */
  private static final String REPLACE = "replace";

  private static final String FILE = "_file";

  /** The snapshot that the table is at; empty if it has none. */
  Optional<Long> newestSnapshot() {
    List<Row> main = metadata("refs").where("name = 'main'").select("snapshot_id").collectAsList();
    return main.stream().findFirst().map(row -> row.getLong(0));
  }

  /** All rows of a snapshot. */
  Dataset<Row> rows(long snapshot) {
    return spark.read().format("iceberg").option("versionAsOf", snapshot).load(location);
  }

  /**
   * The rows that came after a snapshot and until another.
   *
   * @param place the key of the source, for messages
   * @throws InvalidConfigurationException if rows of the snapshot before were deleted or changed;
   *     names the snapshot that did so
   */
  Dataset<Row> added(long after, long snapshot, String place) {
    Optional<Commit> change = change(after, snapshot, place);
    return change.isEmpty()
        ? incremental(after, snapshot)
        : addedInFiles(after, snapshot, change.get(), place);
  }

  private Dataset<Row> addedInFiles(long after, long snapshot, Commit change, String place) {
    Dataset<Row> rows = rows(snapshot);
    return RowsByFile.newFiles(rows(after), rows, FILE)
        .map(files -> RowsByFile.in(files, rows, FILE))
        .orElseThrow(
            () ->
                new InvalidConfigurationException(
                    "Cannot retrain on what was added to %s (%s): snapshot %d is a commit of kind %s, which changed or deleted rows; train a line anew"
                        .formatted(place, location, change.id, change.operation)));
  }

  private Dataset<Row> incremental(long after, long snapshot) {
    return spark
        .read()
        .format("iceberg")
        .option("start-snapshot-id", after)
        .option("end-snapshot-id", snapshot)
        .load(location);
  }

  private record Commit(long id, String operation) {}

  /** The first commit that may have done anything else to rows than add them. */
  private Optional<Commit> change(long after, long snapshot, String place) {
    Map<Long, Row> snapshots = new HashMap<>();
    metadata("snapshots")
        .select("snapshot_id", "parent_id", "operation")
        .collectAsList()
        .forEach(row -> snapshots.put(row.getLong(0), row));
    Optional<Commit> change = Optional.empty();
    long next = snapshot;
    while (next != after) {
      Row commit = snapshots.get(next);
      if (commit == null || commit.isNullAt(1)) {
        throw new InvalidConfigurationException(
            "Cannot tell what was added to %s (%s): snapshot %d does not descend from snapshot %d, as far as the table knows; train a line anew"
                .formatted(place, location, snapshot, after));
      }
      String operation = commit.getString(2);
      if (!APPEND.equals(operation) && !REPLACE.equals(operation)) {
        change = Optional.of(new Commit(next, operation));
      }
      next = commit.getLong(1);
    }
    return change;
  }

  private Dataset<Row> metadata(String table) {
    return spark.read().format("iceberg").load(location + (isNamed ? "." : "#") + table);
  }
}
