package normuon.job.lake;

import java.util.Comparator;
import normuon.job.data.TokenRun;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A bucket of documents that is tokenized.
 *
 * @param bucket the digits that the hashes of its documents begin with
 * @param file its temporary files, but for the suffix that names the split
 * @param trainTokens the number of tokens for training
 * @param validationTokens the number of tokens for validation
 * @param documents the number of documents
 * @param characters their characters
 * @param duplicates the number of documents left out because they had occurred before
 * @param invalid the number of rows left out because their bytes are not UTF-8
 */
record BucketRun(
    String bucket,
    String file,
    long trainTokens,
    long validationTokens,
    long documents,
    long characters,
    long duplicates,
    long invalid) {

  /** The schema of {@link #toRow()}. */
  static final StructType SCHEMA =
      new StructType()
          .add("bucket", DataTypes.StringType)
          .add("file", DataTypes.StringType)
          .add("train_tokens", DataTypes.LongType)
          .add("validation_tokens", DataTypes.LongType)
          .add("documents", DataTypes.LongType)
          .add("characters", DataTypes.LongType)
          .add("duplicates", DataTypes.LongType)
          .add("invalid", DataTypes.LongType);

  /** The order of the documents. */
  static final Comparator<BucketRun> ORDER = Comparator.comparing(BucketRun::bucket);

  static BucketRun of(TokenRun run, long duplicates, long invalid) {
    return new BucketRun(
        run.source(),
        run.file(),
        run.trainTokens(),
        run.validationTokens(),
        run.documents(),
        run.characters(),
        duplicates,
        invalid);
  }

  static BucketRun of(Row row) {
    return new BucketRun(
        row.getString(0),
        row.getString(1),
        row.getLong(2),
        row.getLong(3),
        row.getLong(4),
        row.getLong(5),
        row.getLong(6),
        row.getLong(7));
  }

  Row toRow() {
    return RowFactory.create(
        bucket, file, trainTokens, validationTokens, documents, characters, duplicates, invalid);
  }

  /** The run for the plan of the shards. */
  TokenRun toTokenRun() {
    return new TokenRun(bucket, 0, file, trainTokens, validationTokens, documents, 0, characters);
  }
}
