package normuon.job.data;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import normuon.job.config.InvalidConfigurationException;
import normuon.model.text.CharacterTokenizer;
import normuon.model.text.TokenizerDescription;
import org.apache.spark.SparkThrowable;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * Parquet files with one document a row, in the order of files and rows. A document is for training
 * or for validation by the hash of its text, whatever lies around it.
 */
final class ParquetCorpus implements Corpus {

  /** The range of the hash that the split rule compares with. */
  private static final long BUCKETS = 1_000_000;

  private final Dataset<Row> table;
  private final Column text;
  private final String path;

  /**
   * Opens the files.
   *
   * @throws InvalidConfigurationException if they cannot be read or have no such column of strings
   */
  ParquetCorpus(SparkSession spark, TokenManifest.Source source) {
    String textColumn = source.textColumn();
    this.path = source.path();
    this.text = col("`" + textColumn + "`");
    this.table = readable(() -> open(spark, source));
    if (!Arrays.asList(table.schema().fieldNames()).contains(textColumn)) {
      throw new InvalidConfigurationException(
          "Invalid data.text_column = '%s': %s has the columns %s"
              .formatted(textColumn, path, Arrays.toString(table.schema().fieldNames())));
    }
    DataType type = table.schema().apply(textColumn).dataType();
    if (!type.equals(DataTypes.StringType)) {
      throw new InvalidConfigurationException(
          "Invalid data.text_column = '%s': its type in %s is %s; must be string"
              .formatted(textColumn, path, type.simpleString()));
    }
  }

  private static Dataset<Row> open(SparkSession spark, TokenManifest.Source source) {
    SparkSession session = spark.newSession();
    // Beyond this many folders Spark lists them in a job, whose classes Kryo does not know.
    session.conf().set("spark.sql.sources.parallelPartitionDiscovery.threshold", Integer.MAX_VALUE);
    DataFrameReader reader = session.read().option("recursiveFileLookup", "true");
    boolean isFolder = !source.files().get(0).path().equals(source.path());
    if (isFolder) {
      reader.option("pathGlobFilter", "*.parquet");
    }
    return reader.parquet(source.path().replaceAll("[{}\\[\\]*?\\\\]", "\\\\$0"));
  }

  @Override
  public TokenManifest.SplitBy splitBy() {
    return TokenManifest.SplitBy.DOCUMENT_HASH;
  }

  /** The line feed is always among the characters: it stands between documents. */
  @Override
  public CharacterTokenizer characterTokenizer() {
    StringBuilder occurring = new StringBuilder("\n");
    List<Integer> characters =
        readable(
            () ->
                table
                    .select(text)
                    .where(text.isNotNull())
                    .as(Encoders.STRING())
                    .mapPartitions(
                        (MapPartitionsFunction<String, Integer>) ParquetCorpus::distinctCharacters,
                        Encoders.INT())
                    .distinct()
                    .collectAsList());
    characters.forEach(occurring::appendCodePoint);
    return CharacterTokenizer.ofText(occurring.toString());
  }

  private static Iterator<Integer> distinctCharacters(Iterator<String> texts) {
    BitSet occurring = new BitSet();
    texts.forEachRemaining(text -> text.codePoints().forEach(occurring::set));
    return occurring.stream().iterator();
  }

  @Override
  public List<TokenRun> tokenize(
      TokenizerDescription tokenizer, double validationFraction, TemporaryFolder folder) {
    Column validation = pmod(xxhash64(text), lit(BUCKETS)).lt(lit(validationFraction * BUCKETS));
    Dataset<Row> documents =
        table.select(col("_metadata.file_path"), col("_metadata.row_index"), text, validation);
    return readable(
        () ->
            documents
                .mapPartitions(
                    new DocumentTokenization(tokenizer, folder), Encoders.row(TokenRun.SCHEMA))
                .collectAsList()
                .stream()
                .map(TokenRun::of)
                .sorted(TokenRun.ORDER)
                .toList());
  }

  /** Turns Spark's complaint about an unreadable file into one about the configuration. */
  private <T> T readable(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (Exception e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof SparkThrowable known && isUnreadable(known)) {
          throw new InvalidConfigurationException(
              "Cannot read data.path = %s as Parquet: %s".formatted(path, reason(known, cause)));
        }
      }
      throw e;
    }
  }

  private static boolean isUnreadable(SparkThrowable known) {
    String condition = known.getCondition();
    return condition != null
        && (condition.startsWith("FAILED_READ_FILE")
            || condition.startsWith("UNABLE_TO_INFER_SCHEMA"));
  }

  /** The file, which Spark knows, and what is wrong with it, which the innermost cause knows. */
  private static String reason(SparkThrowable known, Throwable cause) {
    Throwable innermost = cause;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    String file = known.getMessageParameters().getOrDefault("path", "");
    return (file + " " + innermost.getMessage().lines().findFirst().orElse("")).strip();
  }
}
