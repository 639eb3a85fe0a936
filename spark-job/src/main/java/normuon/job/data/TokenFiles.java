package normuon.job.data;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.data.TokenManifest.DocumentRules;
import normuon.job.data.TokenManifest.Shard;
import normuon.job.data.TokenManifest.Source;
import normuon.job.data.TokenManifest.SourceFile;
import normuon.job.data.TokenManifest.SplitBy;
import normuon.job.data.TokenManifest.SplitRule;
import normuon.model.text.CharacterTokenizer;
import normuon.model.text.Tokenizer;
import normuon.model.text.Tokenizers;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Token shards that llm.c, modded-nanogpt or an earlier preparation made, trained on where they
 * lie. A file whose name has {@code val} in it is for validation, as theirs are named; if none has,
 * the last tokens are.
 */
final class TokenFiles {

  private final SparkSession spark;
  private final PreparationRequest request;
  private final Source source;
  private final Path directory;
  private final Optional<Tokenizer> given;

  /**
   * Creates the description.
   *
   * @param given the tokenizer that made the tokens; empty for the one that the request names
   */
  TokenFiles(
      SparkSession spark,
      PreparationRequest request,
      Source source,
      Path directory,
      Optional<Tokenizer> given) {
    this.spark = spark;
    this.request = request;
    this.source = source;
    this.directory = directory;
    this.given = given;
  }

  /**
   * Reads every file once, and writes a manifest of them.
   *
   * @throws InvalidConfigurationException if one is no token shard, or has tokens that the
   *     tokenizer lacks
   */
  TokenManifest describe() throws IOException {
    if (request.tokenizer().equals(CharacterTokenizer.NAME)) {
      throw new InvalidConfigurationException(
          "Invalid data.tokenizer = 'char': %s holds tokens, whose characters are unknown; must be"
                  .formatted(source.path())
              + " byte, gpt2 or hugging_face, whichever made them");
    }
    Tokenizer tokenizer = given.orElseGet(() -> Tokenizers.byName(request.tokenizer()));
    List<TokenFileScan> scans = scan(tokenizer);
    scans.forEach(scan -> scan.requireVocabulary(tokenizer));
    boolean isNamed =
        request.validationFraction() < Preparation.ALL_FOR_VALIDATION
            && scans.stream().anyMatch(TokenFiles::isForValidation);
    List<Shard> shards = isNamed ? byName(scans) : byPosition(scans);
    TokenManifest manifest =
        new TokenManifest(
            TokenManifest.FORMAT_VERSION,
            List.of(source),
            tokenizer.description(),
            tokenizer.vocabularySize(),
            tokenizer.sha256(),
            new SplitRule(
                isNamed ? SplitBy.FILE_NAME : SplitBy.POSITION, request.validationFraction()),
            DocumentRules.NONE,
            new TokenManifest.Counts(
                scans.stream().mapToLong(TokenFileScan::documents).sum(), 0, Map.of()),
            shards);
    request.checkTokens(manifest.tokens(Split.TRAIN), manifest.tokens(Split.VALIDATION));
    Storage.of(directory, spark.sparkContext().hadoopConfiguration()).mkdirs(directory);
    new ManifestFile(directory, spark.sparkContext().hadoopConfiguration()).write(manifest);
    return manifest;
  }

  private List<TokenFileScan> scan(Tokenizer tokenizer) {
    List<SourceFile> files = new ArrayList<>(source.files());
    int endOfText = tokenizer.endOfText().orElse(-1);
    SerializableConfiguration configuration =
        new SerializableConfiguration(spark.sparkContext().hadoopConfiguration());
    return spark
        .range(0, files.size(), 1, files.size())
        .map(
            (MapFunction<Long, Row>)
                index ->
                    TokenFileScan.read(files.get(index.intValue()), endOfText, configuration)
                        .toRow(),
            Encoders.row(TokenFileScan.SCHEMA))
        .collectAsList()
        .stream()
        .map(TokenFileScan::of)
        .toList();
  }

  private static List<Shard> byName(List<TokenFileScan> scans) {
    List<Shard> train = new ArrayList<>();
    List<Shard> validation = new ArrayList<>();
    for (TokenFileScan scan : scans) {
      if (isForValidation(scan)) {
        validation.add(scan.shard(Split.VALIDATION, 0, scan.tokens()));
      } else {
        train.add(scan.shard(Split.TRAIN, 0, scan.tokens()));
      }
    }
    train.addAll(validation);
    return train;
  }

  private List<Shard> byPosition(List<TokenFileScan> scans) {
    List<Shard> train = new ArrayList<>();
    List<Shard> validation = new ArrayList<>();
    long left = trainTokens(scans.stream().mapToLong(TokenFileScan::tokens).sum());
    for (TokenFileScan scan : scans) {
      long here = Math.min(left, scan.tokens());
      if (here > 0) {
        train.add(scan.shard(Split.TRAIN, 0, here));
      }
      if (here < scan.tokens()) {
        validation.add(scan.shard(Split.VALIDATION, here, scan.tokens() - here));
      }
      left -= here;
    }
    train.addAll(validation);
    return train;
  }

  /** In decimal, so that the result is that of the fraction as it is written. */
  private long trainTokens(long total) {
    return BigDecimal.ONE
        .subtract(BigDecimal.valueOf(request.validationFraction()))
        .multiply(BigDecimal.valueOf(total))
        .setScale(0, RoundingMode.FLOOR)
        .longValueExact();
  }

  private static boolean isForValidation(TokenFileScan scan) {
    return new Path(scan.file()).getName().toLowerCase(Locale.ROOT).contains("val");
  }
}
