package normuon.job.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import normuon.job.config.DataSettings;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.MixtureSettings;
import normuon.job.config.RunConfiguration;
import normuon.job.data.OtherTokensException;
import normuon.job.data.Preparation;
import normuon.job.data.PreparationRequest;
import normuon.job.data.Recipe;
import normuon.job.data.TokenManifest;
import normuon.job.data.TokenMixture;
import normuon.job.data.TokenizerFile;
import normuon.job.lake.LakePreparation;
import normuon.job.lake.LakeRequest;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** The tokens that a configuration trains on. */
public final class RunTokens {

  private RunTokens() {}

  /**
   * Writes the tokens, unless they are there already.
   *
   * @throws normuon.job.config.InvalidConfigurationException if the text cannot be trained on, or
   *     other tokens are there
   */
  public static TokenManifest prepare(SparkSession spark, RunConfiguration configuration) {
    DataSettings data = configuration.data();
    try {
      if (!data.mixture().isEmpty()) {
        return mixture(configuration, spark.sparkContext().hadoopConfiguration());
      }
      if (data.isWeighted()) {
        return weighted(spark, configuration);
      }
      return data.sources().isEmpty()
          ? new Preparation(spark).prepare(pathRequest(configuration))
          : new LakePreparation(spark)
              .prepare(
                  lakeRequest(
                      configuration, List.of(), configuration.tokensDirectory().toString()));
    } catch (IOException e) {
      String text =
          !data.mixture().isEmpty()
              ? "data.mixture"
              : data.sources().isEmpty() ? "data.path " + data.path() : "data.sources";
      throw new UncheckedIOException("Cannot prepare " + text, e);
    }
  }

  /**
   * Writes the tokens of a run that has not begun, unless they are there already. Tokens of another
   * preparation in the run's own directory give way, as no checkpoint was made of them, but are
   * kept beside it; those in {@code data.tokens_directory} may be other runs', and are refused.
   *
   * @param notices gets a line where tokens gave way
   */
  static TokenManifest prepareFirst(
      SparkSession spark, RunConfiguration configuration, Consumer<String> notices) {
    try {
      return prepare(spark, configuration);
    } catch (OtherTokensException other) {
      if (!configuration.data().tokensDirectory().isEmpty()) {
        throw other;
      }
      Path tokens = configuration.tokensDirectory();
      Path aside = setAside(tokens, spark.sparkContext().hadoopConfiguration());
      notices.accept(
          "Preparing anew: the tokens in %s were of another preparation (%s), with no training begun; they are in %s now"
              .formatted(tokens, other.differences(), aside));
      return prepare(spark, configuration);
    }
  }

  private static Path setAside(Path tokens, Configuration hadoop) {
    try {
      FileSystem files = Location.fileSystem(tokens, hadoop);
      int number = 1;
      while (files.exists(tokens.suffix("-" + number))) {
        number++;
      }
      Path aside = tokens.suffix("-" + number);
      if (!files.rename(tokens, aside)) {
        throw new IOException("Cannot rename " + tokens + " to " + aside);
      }
      return aside;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot set aside the tokens in " + tokens, e);
    }
  }

  /**
   * Writes the tokens of sources of which it is settled what is read, unless they are there
   * already.
   *
   * @param settled a snapshot of each of {@code data.sources}
   * @param tokensDirectory where the tokens go
   * @throws normuon.job.data.TooFewTokensException if they are less than a sequence
   */
  public static TokenManifest prepare(
      SparkSession spark,
      RunConfiguration configuration,
      List<TokenManifest.Source> settled,
      String tokensDirectory) {
    try {
      return new LakePreparation(spark)
          .prepare(lakeRequest(configuration, settled, tokensDirectory));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot prepare data.sources", e);
    }
  }

  /** Each source into a folder of its own. */
  private static TokenManifest weighted(SparkSession spark, RunConfiguration configuration)
      throws IOException {
    LakeRequest all = lakeRequest(configuration, List.of(), "");
    List<MixtureSettings> parts = configuration.tokens();
    for (int i = 0; i < parts.size(); i++) {
      new LakePreparation(spark).prepare(all.only(i, parts.get(i).tokensDirectory()));
    }
    return TokenMixture.manifest(parts, spark.sparkContext().hadoopConfiguration());
  }

  private static TokenManifest mixture(RunConfiguration configuration, Configuration hadoop)
      throws IOException {
    TokenManifest tokens = TokenMixture.manifest(configuration.tokens(), hadoop);
    DataSettings data = configuration.data();
    String made = Recipe.tokenizer(tokens.tokenizer().name(), tokens.tokenizerSha256());
    String named =
        data.tokenizerFile().isEmpty()
            ? tokenizer(data)
            : Recipe.tokenizer(
                tokenizer(data), TokenizerFile.read(data.tokenizerFile(), hadoop).sha256());
    if (!made.equals(named)) {
      throw new InvalidConfigurationException(
          "Invalid data.tokenizer = %s: must be %s, that of the tokens in %s"
              .formatted(named, made, configuration.tokens().get(0).tokensDirectory()));
    }
    return tokens;
  }

  private static PreparationRequest pathRequest(RunConfiguration configuration) {
    DataSettings data = configuration.data();
    return new PreparationRequest(
        data.path(),
        data.format().name().toLowerCase(Locale.ROOT),
        data.textColumn(),
        tokenizer(data),
        data.tokenizerFile(),
        data.validationFraction(),
        configuration.tokensDirectory().toString(),
        configuration.model().context());
  }

  private static LakeRequest lakeRequest(
      RunConfiguration configuration, List<TokenManifest.Source> settled, String tokensDirectory) {
    DataSettings data = configuration.data();
    return new LakeRequest(
        data.sources(),
        LakeRequest.places(data.sources().size()),
        data.documents(),
        tokenizer(data),
        data.tokenizerFile(),
        data.validationFraction(),
        tokensDirectory,
        configuration.model().context(),
        settled);
  }

  private static String tokenizer(DataSettings data) {
    return data.tokenizer().name().toLowerCase(Locale.ROOT);
  }
}
