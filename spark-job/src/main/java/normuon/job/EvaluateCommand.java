package normuon.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Function;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.DataSettings;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.config.RunConfiguration;
import normuon.job.inference.EvaluationResult;
import normuon.job.inference.EvaluationTokens;
import normuon.job.inference.ModelEvaluation;
import normuon.job.inference.TrainedModel;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code evaluate}: measures how well a trained model predicts a text. */
@Command(
    name = "evaluate",
    description = {
      "Prints loss, perplexity and bits per byte of a model, over all tokens that fill windows of its",
      "context: on what its run has kept for validation, or on all of another text, which",
      "--data or the settings data.path and data.sources name, in the model's own tokens; or on the",
      "validation splits of data.mixture. Any train.ranks give the same numbers. Computes in float32,",
      "whatever the run computed in.",
      "Exit code: 0, 2 no such model or text, 3 the loss is not finite, 75 broken off."
    })
final class EvaluateCommand implements JobCommand {

  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  @Parameters(
      paramLabel = "MODEL",
      description =
          "A run directory, for its newest whole checkpoint, a checkpoint's folder, or a folder of Hugging Face's layout.")
  private String model;

  @Mixin private ConfigurationOptions options;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = "A text file, a folder of text files, a Parquet folder or token shards.")
  private String data;

  @Option(
      names = "--tokens-directory",
      paramLabel = "DIR",
      description =
          "Where the tokens of another text go and stay. Without it they are beside the model, and removed afterwards.")
  private String tokensDirectory;

  @Option(
      names = "--context",
      paramLabel = "N",
      description =
          "How many tokens a window predicts, each from those before it in the window. Default: the model's context.")
  private Integer context;

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  /** What is printed as JSON. */
  private record Report(
      String model,
      String data,
      double loss,
      double perplexity,
      double bitsPerByte,
      long tokens,
      long bytes) {}

  @Override
  public int run(PrintStream output, PrintStream errors) {
    return KnownFailures.told(errors, () -> evaluate(output));
  }

  private void evaluate(PrintStream output) {
    SparkConf spark = new SparkConf();
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(spark);
    RunConfiguration configuration = new ConfigurationLoader(hadoop).load(sources(spark));
    TrainedModel trained = TrainedModel.open(model, hadoop);
    int window = window(trained);
    SparkSession session =
        SparkSession.builder().config(SparkSettings.prepare(spark, configuration)).getOrCreate();
    try {
      EvaluationTokens source = new EvaluationTokens(session, trained, window);
      ModelEvaluation evaluation = new ModelEvaluation(session, configuration);
      Function<EvaluationTokens.Tokens, EvaluationResult> measured =
          tokens -> evaluation.of(trained, window, tokens.directories());
      if (isAnotherText(configuration.data(), trained)) {
        onText(source, configuration.data(), measured, output);
      } else {
        boolean isPrepared = !configuration.data().mixture().isEmpty();
        EvaluationTokens.Tokens tokens =
            isPrepared ? source.prepared(configuration.tokens()) : source.validation();
        print(trained, tokens, measured.apply(tokens), output);
      }
    } finally {
      session.stop();
    }
  }

  private int window(TrainedModel trained) {
    int most = trained.shape().context();
    if (context != null && (context < 1 || context > most)) {
      throw new InvalidConfigurationException(
          "Invalid --context %d: must be at least 1 and at most the model's %d"
              .formatted(context, most));
    }
    return context == null ? most : context;
  }

  private ConfigurationSources sources(SparkConf spark) {
    ConfigurationSources sources = options.sources(spark);
    if (data == null) {
      return sources;
    }
    List<String> assignments = new ArrayList<>(sources.assignments());
    assignments.add("data.path=" + data);
    return new ConfigurationSources(sources.file(), sources.sparkProperties(), assignments);
  }

  /** The settings of the model's own run name the text that it was trained on. */
  private boolean isAnotherText(DataSettings named, TrainedModel trained) {
    boolean namesNone = named.isSample() || !named.mixture().isEmpty();
    boolean isOwn =
        trained.training().map(TrainedModel.TrainingText::data).stream()
            .anyMatch(
                own -> own.path().equals(named.path()) && own.sources().equals(named.sources()));
    return data != null || !namesNone && !isOwn;
  }

  private void onText(
      EvaluationTokens source,
      DataSettings data,
      Function<EvaluationTokens.Tokens, EvaluationResult> measured,
      PrintStream output) {
    Path directory = tokensDirectory(source.model());
    try {
      EvaluationTokens.Tokens tokens = source.of(data, directory);
      print(source.model(), tokens, measured.apply(tokens), output);
    } finally {
      if (tokensDirectory == null) {
        remove(directory, source.spark().sparkContext().hadoopConfiguration());
      }
    }
  }

  /** Beside the model, which executors can reach. */
  private Path tokensDirectory(TrainedModel trained) {
    Path beside =
        trained.training().map(TrainedModel.TrainingText::directory).orElse(trained.folder());
    return tokensDirectory == null
        ? new Path(beside, "evaluation-" + UUID.randomUUID())
        : Location.of(tokensDirectory);
  }

  private static void remove(Path directory, Configuration hadoop) {
    try {
      Location.fileSystem(directory, hadoop).delete(directory, true);
    } catch (IOException unremovable) {
      throw new UncheckedIOException("Cannot remove " + directory, unremovable);
    }
  }

  private void print(
      TrainedModel trained,
      EvaluationTokens.Tokens tokens,
      EvaluationResult result,
      PrintStream output) {
    String folder = trained.folder().toString();
    output.println(
        json
            ? json(folder, tokens.description(), result)
            : text(folder, tokens.description(), result));
    output.flush();
  }

  private static String text(String folder, String data, EvaluationResult result) {
    return String.format(
        Locale.ROOT,
        "loss %.6f nats per token, perplexity %.4f, %.6f bits per byte%n"
            + "%,d predicted tokens, %,d bytes: %s%nmodel %s",
        result.loss(),
        result.perplexity(),
        result.bitsPerByte(),
        result.tokens(),
        result.bytes(),
        data,
        folder);
  }

  private static String json(String folder, String data, EvaluationResult result) {
    try {
      return JSON.writeValueAsString(
          new Report(
              folder,
              data,
              result.loss(),
              result.perplexity(),
              result.bitsPerByte(),
              result.tokens(),
              result.bytes()));
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException("Cannot write " + result + " as JSON", unexpected);
    }
  }
}
