package normuon.job.lake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.data.LeastTokens;
import normuon.job.data.ManifestFile;
import normuon.job.data.Recipe;
import normuon.job.data.RecipeComparison;
import normuon.job.data.ShardPlan;
import normuon.job.data.Split;
import normuon.job.data.TokenManifest;
import normuon.job.data.TokenRun;
import normuon.job.data.TokenWidth;
import normuon.model.text.Tokenizer;
import normuon.model.text.Tokenizers;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
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

  /** The number of tokens of a shard, as in the FineWeb files of modded-nanogpt. */
  private static final int SHARD_TOKENS = 100_000_000;

  private final SparkSession spark;
  private final SerializableConfiguration configuration;
  private final int shardTokens;
  private final long bucketBytes;

  /** Creates the preparation; the Hadoop configuration of the session knows the file systems. */
  public LakePreparation(SparkSession spark) {
    this(spark, SHARD_TOKENS, Survey.BUCKET_BYTES);
  }

  LakePreparation(SparkSession spark, int shardTokens, long bucketBytes) {
    this.spark = spark;
    this.configuration = new SerializableConfiguration(spark.sparkContext().hadoopConfiguration());
    this.shardTokens = shardTokens;
    this.bucketBytes = bucketBytes;
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
                .pin(request.sources(), recorded.map(Recipe::sources).orElse(List.of()))
            : request.settledSources();
    if (recorded.isPresent()) {
      requireSame(recorded.get(), sources, request);
    }
    if (finished.isEmpty()) {
      TokenManifest manifest = prepare(request, sources, journal, begun, directory);
      manifestFile.write(manifest);
      finished = Optional.of(manifest);
    }
    journal.delete();
    requireTokens(
        request, finished.get().tokens(Split.TRAIN), finished.get().tokens(Split.VALIDATION));
    return finished.get();
  }

  private TokenManifest prepare(
      LakeRequest request,
      List<PinnedSource> sources,
      Journal journal,
      Optional<PreparationPlan> begun,
      Path directory)
      throws IOException {
    DocumentTable documents = DocumentTable.of(spark, sources, request.documents());
    PreparationPlan plan =
        begun.isPresent() ? begun.get() : begin(request, sources, documents, journal, directory);
    Tokenizer tokenizer = Tokenizers.of(plan.tokenizer());
    List<BucketRun> buckets = tokenize(documents, request, plan, journal);
    requireUnchanged(sources, journal);
    List<TokenRun> runs = buckets.stream().map(BucketRun::toTokenRun).toList();
    requireTokens(
        request, TokenRun.tokens(runs, Split.TRAIN), TokenRun.tokens(runs, Split.VALIDATION));
    List<ShardPlan> shards = new ArrayList<>();
    for (Split split : Split.values()) {
      shards.addAll(
          ShardPlan.of(runs, split, TokenWidth.of(tokenizer.vocabularySize()), shardTokens));
    }
    return new TokenManifest(
        TokenManifest.FORMAT_VERSION,
        plan.recipe().sources(),
        tokenizer.description(),
        tokenizer.vocabularySize(),
        tokenizer.sha256(),
        new TokenManifest.SplitRule(
            TokenManifest.SplitBy.KEY_HASH, plan.recipe().validationFraction()),
        plan.recipe().documentRules(),
        counts(plan, buckets),
        new ShardWriting(spark, journal, directory).write(shards));
  }

  /** Settles what the tokens are made of and how, after a first reading of the sources. */
  private PreparationPlan begin(
      LakeRequest request,
      List<PinnedSource> sources,
      DocumentTable documents,
      Journal journal,
      Path directory)
      throws IOException {
    journal.delete();
    removeShards(directory);
    Survey survey = Survey.of(documents);
    new Quarantine(directory).write(documents, survey, configuration.value());
    Map<String, Long> dropped = new LinkedHashMap<>();
    survey.dropped().forEach((reason, rows) -> dropped.put(reason.label(), rows));
    PreparationPlan plan =
        new PreparationPlan(
            request.recipe(sources),
            CorpusTokenizer.of(request.tokenizer(), documents).description(),
            survey.bucketDigits(bucketBytes),
            dropped);
    journal.begin(plan);
    return plan;
  }

  private List<BucketRun> tokenize(
      DocumentTable documents, LakeRequest request, PreparationPlan plan, Journal journal)
      throws IOException {
    List<BucketRun> runs = new ArrayList<>(journal.buckets());
    List<String> finished = runs.stream().map(BucketRun::bucket).toList();
    BucketTokenization tokenization =
        new BucketTokenization(plan.tokenizer(), request.documents().duplicates(), journal);
    List<Row> tokenized =
        SourceFailure.whileReading(
            () ->
                documents
                    .ordered(plan.bucketDigits(), plan.recipe().validationFraction(), finished)
                    .mapPartitions(tokenization, Encoders.row(BucketRun.SCHEMA))
                    .collectAsList());
    tokenized.forEach(row -> runs.add(BucketRun.of(row)));
    runs.sort(BucketRun.ORDER);
    return runs;
  }

  private void requireUnchanged(List<PinnedSource> sources, Journal journal) throws IOException {
    try {
      new Snapshots(spark).requireUnchanged(sources);
    } catch (InvalidConfigurationException changed) {
      // Nobody knows which of the tokens are of the files as they were.
      journal.delete();
      throw changed;
    }
  }

  private static TokenManifest.Counts counts(PreparationPlan plan, List<BucketRun> buckets) {
    Map<String, Long> dropped = new LinkedHashMap<>(plan.dropped());
    dropped.put(
        DropReason.DUPLICATE.label(), buckets.stream().mapToLong(BucketRun::duplicates).sum());
    return new TokenManifest.Counts(
        buckets.stream().mapToLong(BucketRun::documents).sum(),
        buckets.stream().mapToLong(BucketRun::characters).sum(),
        dropped);
  }

  private Path directory(LakeRequest request) throws IOException {
    Path directory = Location.of(request.tokensDirectory());
    FileSystem files = Location.fileSystem(directory, configuration.value());
    return files.makeQualified(directory);
  }

  /** Shards without a manifest are what an earlier job left that did not come to its end. */
  private void removeShards(Path directory) throws IOException {
    FileSystem files = Location.fileSystem(directory, configuration.value());
    files.mkdirs(directory);
    for (var file : files.listStatus(directory)) {
      if (ShardPlan.isShardName(file.getPath().getName())) {
        files.delete(file.getPath(), false);
      }
    }
  }

  private static void requireSame(
      Recipe recorded, List<PinnedSource> sources, LakeRequest request) {
    List<String> differences =
        RecipeComparison.differences(recorded, request.recipe(sources), request.places());
    if (!differences.isEmpty()) {
      throw new InvalidConfigurationException(
          ("Invalid data.tokens_directory = %s: it holds tokens of another preparation (%s); must be"
                  + " a directory of its own, or be deleted first")
              .formatted(request.tokensDirectory(), String.join("; ", differences)));
    }
  }

  private static void requireTokens(LakeRequest request, long train, long validation) {
    LeastTokens.require(
        "data.sources", request.validationFraction(), request.context(), train, validation);
  }
}
