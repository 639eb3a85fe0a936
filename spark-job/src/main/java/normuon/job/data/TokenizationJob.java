package normuon.job.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import normuon.job.data.TokenManifest.DocumentRules;
import normuon.job.data.TokenManifest.Source;
import normuon.job.data.TokenManifest.SourceFile;
import normuon.job.data.TokenManifest.SplitRule;
import normuon.model.text.CharacterTokenizer;
import normuon.model.text.Tokenizer;
import normuon.model.text.Tokenizers;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Fills a directory with token shards: executors tokenize runs of text into temporary files and
 * assemble them into shards; the driver moves the shards into place and writes the manifest last.
 */
final class TokenizationJob {

  private final SparkSession spark;
  private final PreparationRequest request;
  private final Source source;
  private final Path directory;
  private final int shardTokens;
  private final Optional<Tokenizer> given;
  private final SerializableConfiguration configuration;

  /**
   * Creates the job.
   *
   * @param given the tokenizer; empty for the one that the request names
   */
  TokenizationJob(
      SparkSession spark,
      PreparationRequest request,
      Source source,
      Path directory,
      int shardTokens,
      Optional<Tokenizer> given) {
    this.spark = spark;
    this.request = request;
    this.source = source;
    this.directory = directory;
    this.shardTokens = shardTokens;
    this.given = given;
    this.configuration = new SerializableConfiguration(spark.sparkContext().hadoopConfiguration());
  }

  /** Runs the job; afterwards the directory has its manifest, or it ended in an exception. */
  TokenManifest run() throws IOException {
    FileSystem files = Storage.of(directory, configuration.value());
    Path temporary = new Path(directory, TemporaryFolder.NAME);
    removeUnfinished(files);
    try {
      Corpus corpus = corpus(files);
      given.ifPresent(tokenizer -> requireCharacters(tokenizer, corpus));
      Tokenizer tokenizer = given.orElseGet(() -> named(corpus));
      TokenManifest manifest =
          tokenize(corpus, tokenizer, new TemporaryFolder(temporary.toString(), configuration));
      new ManifestFile(directory, configuration.value()).write(manifest);
      return manifest;
    } finally {
      files.delete(temporary, true);
    }
  }

  /** Here in one line, and not in the failure of each task that meets one which is unknown. */
  private static void requireCharacters(Tokenizer tokenizer, Corpus corpus) {
    if (tokenizer.name().equals(CharacterTokenizer.NAME)) {
      tokenizer.encode(corpus.characterTokenizer().description().vocabulary());
    }
  }

  private Tokenizer named(Corpus corpus) {
    return request.tokenizer().equals(CharacterTokenizer.NAME)
        ? corpus.characterTokenizer()
        : Tokenizers.byName(request.tokenizer());
  }

  /** Shards without a manifest are what an earlier job left that did not come to its end. */
  private void removeUnfinished(FileSystem files) throws IOException {
    files.mkdirs(directory);
    files.delete(new Path(directory, TemporaryFolder.NAME), true);
    for (FileStatus file : files.listStatus(directory)) {
      if (ShardPlan.isShardName(file.getPath().getName())) {
        files.delete(file.getPath(), false);
      }
    }
  }

  private Corpus corpus(FileSystem files) throws IOException {
    if (source.format() == SourceFormat.PARQUET) {
      return new ParquetCorpus(spark, source);
    }
    List<SourceFile> text =
        request.isSample() ? List.of(new SampleText().write(files, directory)) : source.files();
    return new TextCorpus(spark, configuration, text);
  }

  private TokenManifest tokenize(Corpus corpus, Tokenizer tokenizer, TemporaryFolder folder)
      throws IOException {
    List<TokenRun> runs =
        corpus.tokenize(tokenizer.description(), request.validationFraction(), folder);
    request.checkTokens(
        TokenRun.tokens(runs, Split.TRAIN), TokenRun.tokens(runs, Split.VALIDATION));
    TokenWidth width = TokenWidth.of(tokenizer.vocabularySize());
    List<ShardPlan> plans = new ArrayList<>();
    for (Split split : Split.values()) {
      plans.addAll(ShardPlan.of(runs, split, width, shardTokens));
    }
    return new TokenManifest(
        TokenManifest.FORMAT_VERSION,
        List.of(source),
        tokenizer.description(),
        tokenizer.vocabularySize(),
        tokenizer.sha256(),
        new SplitRule(corpus.splitBy(), request.validationFraction()),
        DocumentRules.NONE,
        TokenRun.counts(runs),
        new ShardAssembly(spark, folder).assemble(plans, directory));
  }
}
