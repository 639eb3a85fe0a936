package normuon.job.lake;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.data.LeastTokens;
import normuon.job.data.ManifestFile;
import normuon.job.data.OtherTokensException;
import normuon.job.data.Recipe;
import normuon.job.data.RecipeComparison;
import normuon.job.data.Split;
import normuon.job.data.TokenManifest;
import normuon.job.data.TokenizerFile;
import normuon.model.text.Tokenizer;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Turns tables into token shards, as Spark jobs.
 *
 * <p>Documents are ordered by the hash of their text, so that the shards depend on the documents
 * alone: not on the format of a table, on its files or partitions, on the cluster, nor on how often
 * the work was broken off. What is done is noted in a {@link Journal}; the manifest comes last.
 */
public final class LakePreparation {

  private final SparkSession spark;
  private final SerializableConfiguration configuration;
  private final PieceSizes sizes;

  /** Creates the preparation; the Hadoop configuration of the session knows the file systems. */
  public LakePreparation(SparkSession spark) {
    this(spark, PieceSizes.USUAL);
  }

  LakePreparation(SparkSession spark, PieceSizes sizes) {
    this.spark = spark;
    this.configuration = new SerializableConfiguration(spark.sparkContext().hadoopConfiguration());
    this.sizes = sizes;
  }

  /**
   * Prepares the tokens of a request, unless they are there already; goes on with a preparation of
   * the same request that was broken off.
   *
   * @return what the directory of the tokens holds
   * @throws InvalidConfigurationException if a source cannot be trained on, or the directory holds
   *     tokens of another request or of another snapshot; says what differs
   * @throws IOException if a file cannot be read or written
   */
  public TokenManifest prepare(LakeRequest request) throws IOException {
    return prepare(request, tokenizerFile(request));
  }

  /**
   * Prepares the tokens of tables on which a model is measured, in the words of that model.
   *
   * @param request with {@link normuon.job.data.Preparation#ALL_FOR_VALIDATION} for its validation
   *     fraction
   * @param tokenizer the model's
   * @return what the directory of the tokens holds, all of it for validation
   * @throws InvalidConfigurationException as {@link #prepare(LakeRequest)}
   * @throws IllegalArgumentException if a document has a character that the tokenizer lacks
   * @throws IOException if a file cannot be read or written
   */
  public TokenManifest prepareForEvaluation(LakeRequest request, Tokenizer tokenizer)
      throws IOException {
    return prepare(request, Optional.of(tokenizer));
  }

  /**
   * Prepares.
   *
   * @param file the tokenizer, unless its name says all
   */
  private TokenManifest prepare(LakeRequest request, Optional<Tokenizer> file) throws IOException {
    Path directory = directory(request);
    ManifestFile manifestFile = new ManifestFile(directory, configuration.value());
    Journal journal = new Journal(directory, configuration);
    Optional<TokenManifest> finished = manifestFile.read();
    Optional<PreparationPlan> begun = finished.isPresent() ? Optional.empty() : journal.plan();
    Optional<Recipe> recorded =
        finished.map(Recipe::of).or(() -> begun.map(PreparationPlan::recipe));
    List<PinnedSource> sources =
        request.settled().isEmpty()
            ? new Snapshots(spark)
                .pin(
                    request.sources(),
                    request.places(),
                    recorded.map(Recipe::sources).orElse(List.of()))
            : request.settledSources();
    Recipe recipe = request.recipe(sources, file);
    recorded.ifPresent(before -> requireSame(before, recipe, request));
    if (finished.isPresent()) {
      journal.delete();
      requireTokens(finished.get(), request);
      return finished.get();
    }
    PreparationJob job =
        new PreparationJob(spark, new PreparationInput(request, sources, recipe, file), journal);
    TokenManifest manifest = job.run(begun, directory, sizes);
    manifestFile.write(manifest);
    journal.delete();
    return manifest;
  }

  private Path directory(LakeRequest request) throws IOException {
    Path directory = Location.of(request.tokensDirectory());
    FileSystem files = Location.fileSystem(directory, configuration.value());
    return files.makeQualified(directory);
  }

  private Optional<Tokenizer> tokenizerFile(LakeRequest request) throws IOException {
    return request.tokenizerFile().isEmpty()
        ? Optional.empty()
        : Optional.of(TokenizerFile.read(request.tokenizerFile(), configuration.value()));
  }

  private static void requireSame(Recipe recorded, Recipe now, LakeRequest request) {
    List<String> differences = RecipeComparison.differences(recorded, now, request.places());
    if (!differences.isEmpty()) {
      throw new OtherTokensException(request.tokensDirectory(), differences);
    }
  }

  private static void requireTokens(TokenManifest manifest, LakeRequest request) {
    LeastTokens.require(
        request.text(),
        request.validationFraction(),
        request.context(),
        manifest.tokens(Split.TRAIN),
        manifest.tokens(Split.VALIDATION));
  }
}
