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
import normuon.job.data.ShardPlan;
import normuon.job.data.Split;
import normuon.job.data.TokenManifest;
import normuon.job.data.TokenManifest.SplitBy;
import normuon.job.data.TokenRun;
import normuon.job.data.TokenWidth;
import normuon.model.text.CharacterTokenizer;
import normuon.model.text.Tokenizer;
import normuon.model.text.Tokenizers;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Fills a directory with token shards: a survey of the sources, which tells the rows that are no
 * documents; the tokens of one bucket of documents after the other; and shards made of them.
 */
final class PreparationJob {

  private final SparkSession spark;
  private final PreparationInput input;
  private final LakeRequest request;
  private final Journal journal;

  PreparationJob(SparkSession spark, PreparationInput input, Journal journal) {
    this.spark = spark;
    this.input = input;
    this.request = input.request();
    this.journal = journal;
  }

  /**
   * Does what is not done.
   *
   * @param begun the plan of a job of the same recipe that was broken off; empty for a new one
   * @param directory where the shards go
   * @return the manifest, which is not written yet
   */
  TokenManifest run(Optional<PreparationPlan> begun, Path directory, PieceSizes sizes)
      throws IOException {
    DocumentTable documents = DocumentTable.of(spark, input.sources(), request.documents());
    PreparationPlan plan =
        begun.isPresent() ? begun.get() : begin(documents, directory, sizes.bucketBytes());
    Tokenizer tokenizer = Tokenizers.of(plan.tokenizer());
    List<BucketRun> buckets = tokenize(documents, plan);
    Map<String, Long> dropped = dropped(plan, buckets);
    new Quarantine(directory).write(documents, dropped, spark.sparkContext().hadoopConfiguration());
    requireUnchanged();
    List<ShardPlan> shards = shards(buckets, tokenizer, sizes.shardTokens());
    return new TokenManifest(
        TokenManifest.FORMAT_VERSION,
        plan.recipe().sources(),
        tokenizer.description(),
        tokenizer.vocabularySize(),
        tokenizer.sha256(),
        new TokenManifest.SplitRule(SplitBy.KEY_HASH, plan.recipe().validationFraction()),
        plan.recipe().documentRules(),
        counts(dropped, buckets),
        new ShardWriting(spark, journal, directory).write(shards));
  }

  /** Settles what the tokens are made of and how, after a first reading of the sources. */
  private PreparationPlan begin(DocumentTable documents, Path directory, long bucketBytes)
      throws IOException {
    journal.delete();
    removeShards(directory);
    Survey survey = Survey.of(documents);
    Map<String, Long> dropped = new LinkedHashMap<>();
    survey.dropped().forEach((reason, rows) -> dropped.put(reason.label(), rows));
    Tokenizer tokenizer = tokenizer(documents);
    PreparationPlan plan =
        new PreparationPlan(
            input.recipe(), tokenizer.description(), survey.bucketDigits(bucketBytes), dropped);
    journal.begin(plan);
    return plan;
  }

  private Tokenizer tokenizer(DocumentTable documents) throws IOException {
    if (input.file().isEmpty()) {
      return CorpusTokenizer.of(request.tokenizer(), documents);
    }
    Tokenizer given = input.file().get();
    if (given.name().equals(CharacterTokenizer.NAME)) {
      // A character that it lacks is told here, and not in the failure of each task that meets it.
      given.encode(CorpusTokenizer.of(given.name(), documents).description().vocabulary());
    }
    return given;
  }

  /** Shards without a manifest are what an earlier job left that did not come to its end. */
  private void removeShards(Path directory) throws IOException {
    FileSystem files = Location.fileSystem(directory, spark.sparkContext().hadoopConfiguration());
    files.mkdirs(directory);
    for (FileStatus file : files.listStatus(directory)) {
      if (ShardPlan.isShardName(file.getPath().getName())) {
        files.delete(file.getPath(), false);
      }
    }
  }

  private List<BucketRun> tokenize(DocumentTable documents, PreparationPlan plan)
      throws IOException {
    List<BucketRun> runs = new ArrayList<>(journal.buckets());
    List<String> finished = runs.stream().map(BucketRun::bucket).toList();
    BucketTokenization tokenization =
        new BucketTokenization(
            plan.tokenizer(), plan.bucketDigits(), request.documents().duplicates(), journal);
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

  private void requireUnchanged() throws IOException {
    try {
      new Snapshots(spark).requireUnchanged(input.sources());
    } catch (InvalidConfigurationException changed) {
      // Nobody knows which of the tokens are of the files as they were.
      journal.delete();
      throw changed;
    }
  }

  private List<ShardPlan> shards(List<BucketRun> buckets, Tokenizer tokenizer, int shardTokens) {
    List<TokenRun> runs = buckets.stream().map(BucketRun::toTokenRun).toList();
    LeastTokens.require(
        request.text(),
        request.validationFraction(),
        request.context(),
        TokenRun.tokens(runs, Split.TRAIN),
        TokenRun.tokens(runs, Split.VALIDATION));
    TokenWidth width = TokenWidth.of(tokenizer.vocabularySize());
    List<ShardPlan> shards = new ArrayList<>();
    for (Split split : Split.values()) {
      shards.addAll(ShardPlan.of(runs, split, width, shardTokens));
    }
    return shards;
  }

  /** All that is left out: what the first reading saw, and what only tokenization sees. */
  private static Map<String, Long> dropped(PreparationPlan plan, List<BucketRun> buckets) {
    Map<String, Long> dropped = new LinkedHashMap<>(plan.dropped());
    dropped.put(
        DropReason.INVALID_UTF8.label(), buckets.stream().mapToLong(BucketRun::invalid).sum());
    dropped.put(
        DropReason.DUPLICATE.label(), buckets.stream().mapToLong(BucketRun::duplicates).sum());
    return dropped;
  }

  private static TokenManifest.Counts counts(Map<String, Long> dropped, List<BucketRun> buckets) {
    return new TokenManifest.Counts(
        buckets.stream().mapToLong(BucketRun::documents).sum(),
        buckets.stream().mapToLong(BucketRun::characters).sum(),
        dropped);
  }
}
