package normuon.job.data;

import java.util.Comparator;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * An unbroken run of a source that one task has tokenized: its tokens lie, without a header, in a
 * temporary file per split. Tasks send it to the driver as a row.
 *
 * @param source orders the runs: what was read
 * @param first orders the runs of one source: where the run begins
 * @param file the temporary files, but for the suffix that names the split
 * @param trainTokens the number of tokens for training
 * @param validationTokens the number of tokens for validation
 * @param counts what was read
 */
record TokenRun(
    String source,
    long first,
    String file,
    long trainTokens,
    long validationTokens,
    TokenManifest.Counts counts) {

  /** The schema of {@link #toRow()}. */
  static final StructType SCHEMA =
      new StructType()
          .add("source", DataTypes.StringType)
          .add("first", DataTypes.LongType)
          .add("file", DataTypes.StringType)
          .add("train_tokens", DataTypes.LongType)
          .add("validation_tokens", DataTypes.LongType)
          .add("documents", DataTypes.LongType)
          .add("empty_documents", DataTypes.LongType)
          .add("characters", DataTypes.LongType);

  /** The order of the text. */
  static final Comparator<TokenRun> ORDER =
      Comparator.comparing(TokenRun::source).thenComparing(TokenRun::first);

  /** The number of tokens of one split. */
  long tokens(Split split) {
    return split == Split.TRAIN ? trainTokens : validationTokens;
  }

  /** The number of tokens of one split in all runs. */
  static long tokens(List<TokenRun> runs, Split split) {
    return runs.stream().mapToLong(run -> run.tokens(split)).sum();
  }

  /** What was read in all runs. */
  static TokenManifest.Counts counts(List<TokenRun> runs) {
    return runs.stream()
        .map(TokenRun::counts)
        .reduce(new TokenManifest.Counts(0, 0, 0), TokenManifest.Counts::plus);
  }

  /** The name of the temporary file with the tokens of one split; it exists if there are any. */
  String file(Split split) {
    return file(file, split);
  }

  static String file(String run, Split split) {
    return run + "." + split.label();
  }

  Row toRow() {
    return RowFactory.create(
        source,
        first,
        file,
        trainTokens,
        validationTokens,
        counts.documents(),
        counts.emptyDocuments(),
        counts.characters());
  }

  static TokenRun of(Row row) {
    return new TokenRun(
        row.getString(0),
        row.getLong(1),
        row.getString(2),
        row.getLong(3),
        row.getLong(4),
        new TokenManifest.Counts(row.getLong(5), row.getLong(6), row.getLong(7)));
  }
}
