package normuon.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import normuon.job.bench.MatrixShape;
import normuon.job.bench.OptimizerBenchmark;
import normuon.job.bench.OrthogonalizationResult;
import normuon.job.config.InvalidConfigurationException;
import normuon.torch.TorchRuntime;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench}: measures this machine. */
@Command(
    name = "bench",
    description = {
      "Measures the optimizer: orthogonalization on one thread of the driver, then its part of",
      "real steps on several ranks."
    })
final class BenchCommand implements JobCommand {

  private static final int MISUSE = 2;
  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  /** What can be measured. */
  enum Subject {
    optimizer
  }

  @Parameters(paramLabel = "optimizer", description = "What to measure.")
  private Subject subject;

  @Option(
      names = "--shapes",
      paramLabel = "ROWSxCOLUMNS",
      split = ",",
      defaultValue = "768x768,768x3072,3072x768,1024x4096,2048x2048",
      description = "Matrices to orthogonalize. Default: ${DEFAULT-VALUE}.")
  private List<String> shapes;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Timed calls or steps of each kind. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--layers",
      paramLabel = "N",
      defaultValue = "12",
      description =
          "Layers of the GPT-2 whose steps are timed; 0 for none. Default: ${DEFAULT-VALUE}.")
  private int layers;

  @Option(
      names = "--optimizers",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "normuon,muon,adamw,sophia_g",
      description = "Values of optimizer.name whose steps are timed. Default: ${DEFAULT-VALUE}.")
  private List<String> optimizers;

  @Option(
      names = "--ranks",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,2",
      description = "Numbers of ranks that steps are timed on. Default: ${DEFAULT-VALUE}.")
  private List<Integer> ranks;

  @Option(names = "--output", paramLabel = "FILE", description = "A local file for JSON.")
  private Path file;

  @Option(names = "--help", usageHelp = true, description = "Shows this help.")
  private boolean help;

  private record Results(
      String torch,
      int rounds,
      List<OrthogonalizationResult> orthogonalization,
      int layers,
      List<StepBenchmark.Result> steps) {}

  @Override
  public int run(PrintStream output, PrintStream errors) {
    OptimizerBenchmark calls;
    StepBenchmark steps;
    try {
      calls = new OptimizerBenchmark(shapes.stream().map(MatrixShape::parse).toList(), rounds);
      steps = new StepBenchmark(layers, rounds, optimizers, ranks);
    } catch (IllegalArgumentException | InvalidConfigurationException invalid) {
      errors.println(invalid.getMessage());
      return MISUSE;
    }
    Results results =
        new Results(
            TorchRuntime.version(),
            rounds,
            calls.run(output),
            layers,
            layers == 0 ? List.of() : steps.run(new SparkConf(), output));
    try {
      write(results);
      return 0;
    } catch (IOException unwritable) {
      errors.println("Cannot write the results to " + file + ": " + unwritable);
      return MISUSE;
    }
  }

  private void write(Results results) throws IOException {
    if (file != null) {
      Files.writeString(file, json(results));
    }
  }

  private static String json(Results results) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(results) + "\n";
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException("Cannot write the results as JSON", unexpected);
    }
  }
}
