package normuon.job;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import normuon.job.bench.MatrixShape;
import normuon.job.bench.OptimizerBenchmark;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench}: measures this machine, in the driver's process. */
@Command(
    name = "bench",
    description = "Measures the optimizer on one thread of this machine; no Spark job runs.")
final class BenchCommand implements JobCommand {

  private static final int MISUSE = 2;

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
      description = "Timed calls of each form. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--layers",
      paramLabel = "N",
      defaultValue = "12",
      description =
          "Layers of the GPT-2 whose optimizer step is timed; 0 for none. Default: ${DEFAULT-VALUE}.")
  private int layers;

  @Option(names = "--output", paramLabel = "FILE", description = "A local file for JSON.")
  private Path file;

  @Option(names = "--help", usageHelp = true, description = "Shows this help.")
  private boolean help;

  @Override
  public int run(PrintStream output, PrintStream errors) {
    OptimizerBenchmark benchmark;
    try {
      benchmark =
          new OptimizerBenchmark(shapes.stream().map(MatrixShape::parse).toList(), rounds, layers);
    } catch (IllegalArgumentException invalid) {
      errors.println(invalid.getMessage());
      return MISUSE;
    }
    String json = benchmark.run(output);
    if (file != null) {
      try {
        Files.writeString(file, json);
      } catch (IOException unwritable) {
        errors.println("Cannot write the results to " + file + ": " + unwritable);
        return MISUSE;
      }
    }
    return 0;
  }
}
