package normuon.job.lake;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.is_valid_utf8;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.octet_length;
import static org.apache.spark.sql.functions.substring;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import normuon.job.config.Location;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.types.DataTypes;

/**
 * The table of the rows that could not be used: Parquet with the columns source (its place among
 * those prepared together), key, reason, bytes, and original, the first {@value #ORIGINAL_BYTES}
 * bytes of the text as they were found.
 */
final class Quarantine {

  /** The name of its folder beside the token shards. */
  static final String NAME = "quarantine";

  private static final int ORIGINAL_BYTES = 1 << 16;

  private final Path folder;

  Quarantine(Path directory) {
    this.folder = new Path(directory, NAME);
  }

  /**
   * Writes the table, or removes it if there are no such rows.
   *
   * @param dropped the number of rows that are left out, by the label of the reason
   */
  void write(DocumentTable documents, Map<String, Long> dropped, Configuration configuration)
      throws IOException {
    if (Arrays.stream(DropReason.values())
        .noneMatch(reason -> reason.isQuarantined() && dropped.get(reason.label()) > 0)) {
      Location.fileSystem(folder, configuration).delete(folder, true);
      return;
    }
    boolean withInvalid = dropped.get(DropReason.INVALID_UTF8.label()) > 0;
    Dataset<Row> rows =
        withInvalid ? rows(documents).unionByName(invalid(documents)) : rows(documents);
    SourceFailure.whileReading(
        () -> {
          rows.write().mode(SaveMode.Overwrite).parquet(folder.toString());
          return folder;
        });
  }

  /** The rows of the table that an accelerator can find. */
  static Dataset<Row> rows(DocumentTable documents) {
    Object[] reasons =
        Arrays.stream(DropReason.values())
            .filter(DropReason::isQuarantined)
            .map(DropReason::label)
            .toArray();
    return table(documents.rows().where(col(DocumentTable.REASON).isin(reasons)));
  }

  /** The others, which are looked for if tokenization saw one. */
  private static Dataset<Row> invalid(DocumentTable documents) {
    return table(
        documents
            .rows()
            .where(col(DocumentTable.REASON).isNull())
            .where(is_valid_utf8(col(DocumentTable.TEXT)).equalTo(false))
            .withColumn(DocumentTable.REASON, lit(DropReason.INVALID_UTF8.label())));
  }

  private static Dataset<Row> table(Dataset<Row> rows) {
    return rows.select(
        col(DocumentTable.SOURCE),
        col(DocumentTable.KEY),
        col(DocumentTable.REASON),
        octet_length(col(DocumentTable.ORIGINAL)).as("bytes"),
        substring(col(DocumentTable.ORIGINAL).cast(DataTypes.BinaryType), 1, ORIGINAL_BYTES)
            .as(DocumentTable.ORIGINAL));
  }
}
