package normuon.job.lake;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.octet_length;
import static org.apache.spark.sql.functions.sum;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What a first reading of the sources shows.
 *
 * @param dropped the number of rows that are no documents, by the reason; duplicates are not known
 *     yet
 * @param bytes the size of the documents in UTF-8
 */
record Survey(Map<DropReason, Long> dropped, long bytes) {

  /** 65,536 buckets. */
  private static final int MOST_DIGITS = 4;

  /** Reads the sources once. */
  static Survey of(DocumentTable documents) throws IOException {
    List<Row> found = SourceFailure.whileReading(() -> query(documents).collectAsList());
    Map<DropReason, Long> dropped = new EnumMap<>(DropReason.class);
    for (DropReason reason : DropReason.values()) {
      dropped.put(reason, rows(found, reason));
    }
    long bytes =
        found.stream().filter(row -> row.isNullAt(0)).mapToLong(row -> row.getLong(2)).sum();
    return new Survey(dropped, bytes);
  }

  /** Rows and bytes by the reason. */
  static Dataset<Row> query(DocumentTable documents) {
    return documents
        .rows()
        .groupBy(DocumentTable.REASON)
        .agg(count(lit(1)), sum(octet_length(col(DocumentTable.TEXT)).cast("long")));
  }

  /**
   * The number of hexadecimal digits that name a bucket.
   *
   * @param bucketBytes the most bytes of a bucket, as far as digits reach
   */
  int bucketDigits(long bucketBytes) {
    int digits = 0;
    while (digits < MOST_DIGITS && bytes >> 4 * digits > bucketBytes) {
      digits++;
    }
    return digits;
  }

  private static long rows(List<Row> found, DropReason reason) {
    return found.stream()
        .filter(row -> reason.label().equals(row.getString(0)))
        .mapToLong(row -> row.getLong(1))
        .sum();
  }
}
