package normuon.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import normuon.job.config.ConfigurationLoader;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.DataSettings;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import normuon.job.plan.ClusterRates;
import normuon.job.plan.PlanText;
import normuon.job.plan.RunPlan;
import normuon.job.report.Status;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code plan}: says what a run would need of a cluster that is not there. */
@Command(
    name = "plan",
    description = {
      "Says what the run of the settings needs on N ranks: owners, memory, bytes, time, and where",
      "more ranks stop to pay. No Spark job runs, and no text is read."
    })
final class PlanCommand implements JobCommand {

  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  @Mixin private ConfigurationOptions options;

  @Option(
      names = "--ranks",
      paramLabel = "N",
      description = "Ranks to plan for. Default: train.ranks of the settings.")
  private Integer ranks;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description =
          "Tokens of the tokenizer; needed where they come from a text (data.tokenizer char).")
  private Integer vocabulary;

  @Option(
      names = "--flops",
      paramLabel = "TFLOP/s",
      description =
          "What a rank does in products of matrices. Default: 0.1 for each of train.threads_per_rank, as a core with AVX-512 does in float32.")
  private Double teraflops;

  @Option(
      names = "--bandwidth",
      paramLabel = "GB/s",
      defaultValue = "" + ClusterRates.DEFAULT_GIGABYTES_PER_SECOND,
      description =
          "What a rank sends while it receives as much. Default: 1, about what Spark's transport has moved; 10 Gbit/s are 1.25.")
  private double gigabytesPerSecond;

  @Option(
      names = "--latency",
      paramLabel = "us",
      defaultValue = "" + ClusterRates.DEFAULT_MICROSECONDS,
      description = "What a message costs beside its bytes. Default: ${DEFAULT-VALUE}.")
  private double microseconds;

  @Option(names = "--json", description = "Prints JSON, with the owner of each matrix.")
  private boolean json;

  @Override
  public int run(PrintStream output, PrintStream errors) {
    SparkConf spark = new SparkConf();
    try {
      RunPlan plan = plan(spark);
      output.println(json ? json(plan) : PlanText.of(plan));
      return 0;
    } catch (InvalidConfigurationException invalid) {
      errors.println(Status.INVALID_CONFIG + ": " + invalid.getMessage());
      return Status.INVALID_CONFIG.exitCode();
    }
  }

  private RunPlan plan(SparkConf spark) {
    RunConfiguration configuration =
        new ConfigurationLoader(SparkHadoopUtil.get().newConfiguration(spark)).load(sources(spark));
    return RunPlan.of(
        configuration,
        vocabulary == null ? vocabularySize(configuration) : vocabulary,
        spark.getSizeAsBytes("spark.executor.memory", "1g"),
        rates(configuration.train().threadsPerRank()));
  }

  /** A number of ranks is checked as if it were among the settings. */
  private ConfigurationSources sources(SparkConf spark) {
    ConfigurationSources sources = options.sources(spark);
    return ranks == null ? sources : sources.with("train.ranks=" + ranks);
  }

  private static int vocabularySize(RunConfiguration configuration) {
    DataSettings data = configuration.data();
    return VocabularySize.of(configuration)
        .orElseThrow(
            () ->
                new InvalidConfigurationException(
                    "Cannot plan with data.tokenizer char without its vocabulary, the characters of "
                        + (data.sources().isEmpty() ? "data.path " + data.path() : "data.sources")
                        + ": give --vocabulary N"));
  }

  private ClusterRates rates(int threads) {
    double rate =
        teraflops == null ? ClusterRates.DEFAULT_TERAFLOPS_PER_THREAD * threads : teraflops;
    try {
      return ClusterRates.of(rate, gigabytesPerSecond, microseconds);
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigurationException(e.getMessage(), e);
    }
  }

  private static String json(RunPlan plan) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(plan);
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException("Cannot write the plan as JSON", unexpected);
    }
  }
}
