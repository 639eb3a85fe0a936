package normuon.job.data;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.data.TokenManifest.Source;
import normuon.model.text.Tokenizer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Turns text into token shards, as a Spark job; token shards that are made are taken as they are.
 *
 * <p>The same text, tokenizer and split rule give the same bytes, whatever the cluster. Tokens that
 * are there already are used again if they are those of the request, and refused if not.
 */
public final class Preparation {

  /** The number of tokens of a shard, as in the FineWeb files of modded-nanogpt. */
  private static final int SHARD_TOKENS = 100_000_000;

  /** The {@code data.validation_fraction} of a text on which nothing is trained. */
  public static final double ALL_FOR_VALIDATION = 1;

  private final SparkSession spark;
  private final Configuration configuration;
  private final int shardTokens;

  /** Creates the preparation; the Hadoop configuration of the session knows the file systems. */
  public Preparation(SparkSession spark) {
    this(spark, SHARD_TOKENS);
  }

  Preparation(SparkSession spark, int shardTokens) {
    this.spark = spark;
    this.configuration = spark.sparkContext().hadoopConfiguration();
    this.shardTokens = shardTokens;
  }

  /**
   * Prepares the tokens of a request, unless they are there already.
   *
   * @return what the directory of the tokens holds
   * @throws InvalidConfigurationException if the text that the request names cannot be trained on,
   *     or its directory holds tokens of another request; names the key and the value
   * @throws IOException if a file cannot be read or written
   */
  public TokenManifest prepare(PreparationRequest request) throws IOException {
    request.check();
    return prepare(request, Optional.empty());
  }

  /**
   * Prepares the tokens of a text on which a model is measured, in the words of that model.
   *
   * @param request with {@link #ALL_FOR_VALIDATION} for its validation fraction
   * @param tokenizer the model's
   * @return what the directory of the tokens holds, all of it for validation
   * @throws InvalidConfigurationException as {@link #prepare(PreparationRequest)}
   * @throws IllegalArgumentException if the text has a character that the tokenizer lacks
   * @throws IOException if a file cannot be read or written
   */
  public TokenManifest prepareForEvaluation(PreparationRequest request, Tokenizer tokenizer)
      throws IOException {
    return prepare(request, Optional.of(tokenizer));
  }

  private TokenManifest prepare(PreparationRequest request, Optional<Tokenizer> given)
      throws IOException {
    Path directory = new Path(request.tokensDirectory());
    directory = Storage.of(directory, configuration).makeQualified(directory);
    Source source =
        request.isSample() ? new SampleText().source() : SourceFiles.find(request, configuration);
    Optional<TokenManifest> finished = new ManifestFile(directory, configuration).read();
    if (finished.isEmpty() && source.format() == SourceFormat.TOKENS) {
      return new TokenFiles(spark, request, source, directory, given).describe();
    }
    if (finished.isEmpty()) {
      return new TokenizationJob(spark, request, source, directory, shardTokens, given).run();
    }
    TokenManifest manifest = finished.get();
    checkSame(manifest, source, request, given);
    request.checkTokens(manifest.tokens(Split.TRAIN), manifest.tokens(Split.VALIDATION));
    return manifest;
  }

  private static void checkSame(
      TokenManifest manifest,
      Source source,
      PreparationRequest request,
      Optional<Tokenizer> given) {
    Recipe now =
        new Recipe(
            List.of(source),
            given
                .map(tokenizer -> Recipe.tokenizer(tokenizer.name(), tokenizer.sha256()))
                .orElse(request.tokenizer()),
            request.validationFraction(),
            TokenManifest.DocumentRules.NONE);
    List<String> differences =
        RecipeComparison.differences(Recipe.of(manifest), now, List.of("data"));
    if (!differences.isEmpty()) {
      throw new OtherTokensException(request.tokensDirectory(), differences);
    }
  }
}
