package normuon.job.inference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import normuon.job.config.DataSettings;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.MixtureSettings;
import normuon.job.data.Preparation;
import normuon.job.data.PreparationRequest;
import normuon.job.data.TokenManifest;
import normuon.job.data.TokenMixture;
import normuon.job.lake.LakePreparation;
import normuon.job.lake.LakeRequest;
import normuon.model.text.Tokenizer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Makes the tokens that a model is measured on, in the words of that model.
 *
 * @param spark prepares the text
 * @param model the model
 * @param context the number of tokens that a window predicts, of which there must be one
 */
public record EvaluationTokens(SparkSession spark, TrainedModel model, int context) {

  /**
   * Folders of tokens, whose validation splits are meant.
   *
   * @param description what they are, for people
   * @param directories the folders
   */
  public record Tokens(String description, List<MixtureSettings> directories) {}

  /**
   * The tokens that the model's run has kept for validation.
   *
   * @throws InvalidConfigurationException if there are none
   */
  public Tokens validation() {
    TrainedModel.TrainingText training =
        model
            .training()
            .orElseThrow(
                () ->
                    new InvalidConfigurationException(
                        "Cannot evaluate %s without a text: it does not say what it was trained on; give --data, or data.sources by --set"
                            .formatted(model.folder())));
    requireTokenizer(training.tokens());
    return new Tokens("the validation split of " + joined(training.tokens()), training.tokens());
  }

  /**
   * The validation splits of prepared tokens.
   *
   * @throws InvalidConfigurationException if they are of another tokenizer than the model's
   */
  public Tokens prepared(List<MixtureSettings> directories) {
    requireTokenizer(directories);
    return new Tokens("the validation split of " + joined(directories), directories);
  }

  /**
   * Prepares all of a text or of tables, unless that is done already.
   *
   * @param data which text
   * @param directory where the tokens go
   * @throws InvalidConfigurationException if the text cannot be read, or has characters that the
   *     tokenizer lacks
   */
  public Tokens of(DataSettings data, Path directory) {
    String name =
        data.sources().isEmpty()
            ? data.path()
            : String.join(", ", data.sources().stream().map(source -> source.location()).toList());
    try {
      prepare(data, directory);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot prepare " + name, e);
    } catch (Exception failure) {
      // Not only unchecked ones: Spark's Scala code throws checked exceptions without saying so.
      throw unknownCharacter(name, failure);
    }
    List<MixtureSettings> directories = List.of(new MixtureSettings(directory.toString(), 1));
    requireTokenizer(directories);
    return new Tokens("all of " + name, directories);
  }

  private void prepare(DataSettings data, Path directory) throws IOException {
    Tokenizer tokenizer = model.tokenizer();
    if (data.sources().isEmpty()) {
      PreparationRequest request =
          new PreparationRequest(
              data.path(),
              data.format().name().toLowerCase(Locale.ROOT),
              data.textColumn(),
              tokenizer.name(),
              "",
              Preparation.ALL_FOR_VALIDATION,
              directory.toString(),
              context);
      new Preparation(spark).prepareForEvaluation(request, tokenizer);
    } else {
      LakeRequest request =
          new LakeRequest(
              data.sources(),
              data.documents(),
              tokenizer.name(),
              "",
              Preparation.ALL_FOR_VALIDATION,
              directory.toString(),
              context);
      new LakePreparation(spark).prepareForEvaluation(request, tokenizer);
    }
  }

  /** What is wrong may be the cause of a job that has failed. */
  private static RuntimeException unknownCharacter(String name, Exception failure) {
    Causes causes = Causes.of(failure);
    Optional<InvalidConfigurationException> invalid =
        causes.first(InvalidConfigurationException.class);
    if (invalid.isPresent()) {
      return invalid.get();
    }
    for (Throwable cause : causes.failures()) {
      if (cause instanceof IllegalArgumentException unknown
          && unknown.getMessage() != null
          && unknown.getMessage().startsWith("Cannot encode ")) {
        return new InvalidConfigurationException(
            "Cannot evaluate on %s: %s".formatted(name, unknown.getMessage()), failure);
      }
    }
    return failure instanceof RuntimeException unexpected
        ? unexpected
        : new IllegalStateException("Cannot prepare " + name, failure);
  }

  private void requireTokenizer(List<MixtureSettings> directories) {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    try {
      TokenManifest manifest = TokenMixture.manifest(directories, hadoop);
      if (!manifest.tokenizerSha256().equals(model.tokenizer().sha256())) {
        throw new InvalidConfigurationException(
            "Cannot evaluate %s on %s: its tokenizer ('%s', SHA-256 %s) is not that of the tokens ('%s', SHA-256 %s)"
                .formatted(
                    model.folder(),
                    joined(directories),
                    model.tokenizer().name(),
                    model.tokenizer().sha256(),
                    manifest.tokenizer().name(),
                    manifest.tokenizerSha256()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the tokens in " + joined(directories), e);
    }
  }

  /** The folders, for people. */
  static String joined(List<MixtureSettings> directories) {
    return String.join(
        ", ",
        directories.stream().map(part -> Location.of(part.tokensDirectory()).toString()).toList());
  }
}
