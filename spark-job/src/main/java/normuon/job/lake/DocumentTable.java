package normuon.job.lake;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.replace;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.substring;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import java.io.IOException;
import java.util.List;
import normuon.job.config.DocumentSettings;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;

/**
 * The rows of all sources with a verdict on each: the document, or why it is none. Everything here
 * is an expression of Spark's SQL, none a function of our own, so that an accelerator can run it.
 */
final class DocumentTable {

  /** The place of the source in the list. */
  static final String SOURCE = "source";

  /** The key of the row; null where the text is the key. */
  static final String KEY = "key";

  /** The text as it was found. */
  static final String ORIGINAL = "original";

  /** The text with line feeds for line ends. */
  static final String TEXT = "text";

  /**
   * The label of a {@link DropReason}; null if the row is a document, unless its bytes are not
   * UTF-8: that no accelerator can see, so tokenization does.
   */
  static final String REASON = "reason";

  /** The SHA-256 of the text, which orders the documents. */
  static final String HASH = "hash";

  /** The first digits of the hash: documents that have them in common are tokenized together. */
  static final String BUCKET = "bucket";

  /** Whether the document is for validation. */
  static final String VALIDATION = "validation";

  /** The range of the hash that the split rule compares with. */
  private static final long SPLIT_BUCKETS = 1_000_000;

  private static final int HASH_BITS = 256;

  private final Dataset<Row> rows;

  private DocumentTable(Dataset<Row> rows) {
    this.rows = rows;
  }

  /** Opens sources, one at least with rows; nothing is read but their metadata. */
  static DocumentTable of(SparkSession spark, List<PinnedSource> sources, DocumentSettings settings)
      throws IOException {
    Dataset<Row> rows = null;
    for (int i = 0; i < sources.size(); i++) {
      if (sources.get(i).source().snapshot().isEmpty()) {
        continue;
      }
      Dataset<Row> source = judged(SourceTable.open(spark, sources.get(i)), i, settings);
      rows = rows == null ? source : rows.unionByName(source);
    }
    return new DocumentTable(rows);
  }

  /** All rows with source, key, original, text and reason. */
  Dataset<Row> rows() {
    return rows;
  }

  /**
   * The documents in the order in which they are trained on, within each bucket; all of a bucket
   * are in one partition. Columns: hash, validation, text in bytes of UTF-8.
   *
   * @param digits the number of digits that name a bucket
   * @param validationFraction the share of the keys that is for validation
   * @param finished the buckets that are not wanted
   */
  Dataset<Row> ordered(int digits, double validationFraction, List<String> finished) {
    Column hash = sha2(col(TEXT).cast(DataTypes.BinaryType), HASH_BITS);
    Column key = coalesce(col(KEY), col(HASH));
    Dataset<Row> documents =
        rows.where(col(REASON).isNull())
            .withColumn(HASH, hash)
            .withColumn(BUCKET, substring(col(HASH), 1, digits));
    Dataset<Row> wanted =
        finished.isEmpty()
            ? documents
            : documents.where(col(BUCKET).isin(finished.toArray()).equalTo(lit(false)));
    return wanted
        .select(
            col(BUCKET),
            col(HASH),
            col(SOURCE),
            key.as(KEY),
            pmod(xxhash64(key), lit(SPLIT_BUCKETS))
                .lt(lit(validationFraction * SPLIT_BUCKETS))
                .as(VALIDATION),
            col(TEXT).cast(DataTypes.BinaryType).as(TEXT))
        .repartition(col(BUCKET))
        // The hash alone orders the buckets, too, and its first bytes settle most comparisons.
        .sortWithinPartitions(HASH, SOURCE, KEY)
        .select(HASH, VALIDATION, TEXT);
  }

  private static Dataset<Row> judged(
      SourceTable.Opened source, int index, DocumentSettings settings) {
    Column found = coalesce(source.malformed(), source.text());
    Column text = replace(replace(found, lit("\r\n"), lit("\n")), lit("\r"), lit("\n"));
    return source
        .rows()
        .select(
            lit(index).as(SOURCE),
            source.key().as(KEY),
            source.malformed().isNotNull().as("is_malformed"),
            found.as(ORIGINAL),
            text.as(TEXT))
        .withColumn(REASON, reason(settings))
        .drop("is_malformed");
  }

  private static Column reason(DocumentSettings settings) {
    Column characters = length(col(TEXT));
    Column reason =
        when(col("is_malformed"), lit(DropReason.MALFORMED.label()))
            .when(col(ORIGINAL).isNull(), lit(DropReason.NULL.label()))
            .when(length(col(ORIGINAL)).equalTo(0), lit(DropReason.EMPTY.label()))
            .when(characters.lt(settings.minimumCharacters()), lit(DropReason.TOO_SHORT.label()));
    return settings.maximumCharacters() == 0
        ? reason
        : reason.when(
            characters.gt(settings.maximumCharacters()), lit(DropReason.TOO_LONG.label()));
  }
}
