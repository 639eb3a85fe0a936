package normuon.job.data;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
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
 * @param documents the number of documents
 * @param emptyDocuments the number of rows left out because their text was null or empty
 * @param characters the number of characters (Unicode code points)
 */
public record TokenRun(
    String source,
    long first,
    String file,
    long trainTokens,
    long validationTokens,
    long documents,
    long emptyDocuments,
    long characters) {

  /** The schema of {@link #toRow()}. */
  public static final StructType SCHEMA =
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
  public long tokens(Split split) {
    return split == Split.TRAIN ? trainTokens : validationTokens;
  }

  /** The number of tokens of one split in all runs. */
  public static long tokens(List<TokenRun> runs, Split split) {
    return runs.stream().mapToLong(run -> run.tokens(split)).sum();
  }

  /** What was read in all runs. */
  static TokenManifest.Counts counts(List<TokenRun> runs) {
    return new TokenManifest.Counts(
        runs.stream().mapToLong(TokenRun::documents).sum(),
        runs.stream().mapToLong(TokenRun::characters).sum(),
        Map.of(
            TokenManifest.Counts.EMPTY, runs.stream().mapToLong(TokenRun::emptyDocuments).sum()));
  }

  /** The name of the temporary file with the tokens of one split; it exists if there are any. */
  String file(Split split) {
    return file(file, split);
  }

  static String file(String run, Split split) {
    return run + "." + split.label();
  }

  /** The run as a task sends it. */
  public Row toRow() {
    return RowFactory.create(
        source, first, file, trainTokens, validationTokens, documents, emptyDocuments, characters);
  }

  /** The run that a task has sent. */
  public static TokenRun of(Row row) {
    return new TokenRun(
        row.getString(0),
        row.getLong(1),
        row.getString(2),
        row.getLong(3),
        row.getLong(4),
        row.getLong(5),
        row.getLong(6),
        row.getLong(7));
  }
}
