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

  /** The snapshot that the table is at; empty if it has none. */
  Optional<Long> newestSnapshot() {
    List<Row> main = metadata("refs").where("name = 'main'").select("snapshot_id").collectAsList();
    return main.stream().findFirst().map(row -> row.getLong(0));
  }

  /**
   * Checks that rows were only appended after a snapshot and until another.
   *
   * @param place the key of the source, for messages
   * @throws InvalidConfigurationException if not; names the snapshot
   */
  void requireAppended(long after, long snapshot, String place) {
    Map<Long, Row> snapshots = new HashMap<>();
    metadata("snapshots")
        .select("snapshot_id", "parent_id", "operation")
        .collectAsList()
        .forEach(row -> snapshots.put(row.getLong(0), row));
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
        throw new InvalidConfigurationException(
            "Cannot retrain on what was added to %s (%s): snapshot %d is a commit of kind %s, which may change or delete rows; train a line anew"
                .formatted(place, location, next, operation));
      }
      next = commit.getLong(1);
    }
  }

  private Dataset<Row> metadata(String table) {
    return spark.read().format("iceberg").load(location + (isNamed ? "." : "#") + table);
  }
}
