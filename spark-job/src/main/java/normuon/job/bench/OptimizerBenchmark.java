package normuon.job.bench;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import normuon.optimizer.OptimizerOperators;
import normuon.torch.TorchRuntime;

/**
 * The benchmark of the optimizer on one thread of this process.
 *
 * @param shapes the matrices to orthogonalize
 * @param rounds timed calls of each form, at least 1
 * @param layers blocks of the GPT-2 whose step is timed; 0 leaves that part out
 */
public record OptimizerBenchmark(List<MatrixShape> shapes, int rounds, int layers) {

  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  private static final String EXPLANATION =
      """
      Five steps of the quintic, one thread, medians of %d rounds in turns.
      ceiling: share of the rate of a 1024x1024x1024 product in the same precision, for the
      multiplications done. plain: time over that of the iteration written out, same precision.
      plain f32, f32: time over that of the iteration written out, and of ours, in float32.
      error: distance to the same polynomial in float64 (of the iteration written out), on normal
      random numbers and on a condition number of 1e4.
      """;

  /** Checks the numbers. */
  public OptimizerBenchmark {
    shapes = List.copyOf(shapes);
    if (rounds < 1) {
      throw new IllegalArgumentException("Invalid rounds " + rounds + ": must be at least 1");
    }
    if (layers < 0) {
      throw new IllegalArgumentException("Invalid layers " + layers + ": must be at least 0");
    }
  }

  private record Results(
      String torch,
      int threads,
      int rounds,
      List<OrthogonalizationResult> orthogonalization,
      int layers,
      List<OptimizerStepResult> steps) {}

  /**
   * Measures, which takes minutes for large shapes.
   *
   * @param output where tables are printed, line by line as they are measured
   * @return the results as JSON
   */
  public String run(PrintStream output) {
    TorchRuntime.useThreads(1);
    try (NDManager manager = TorchRuntime.newManager();
        OptimizerOperators operators = OptimizerOperators.load(manager)) {
      return json(
          new Results(
              TorchRuntime.version(),
              1,
              rounds,
              orthogonalization(manager, operators, output),
              layers,
              layers == 0 ? List.of() : steps(manager, operators, output)));
    }
  }

  private List<OrthogonalizationResult> orthogonalization(
      NDManager manager, OptimizerOperators operators, PrintStream output) {
    OrthogonalizationBenchmark benchmark =
        new OrthogonalizationBenchmark(manager, operators, rounds);
    output.printf(EXPLANATION + "%n", rounds);
    output.println(
        "shape      precision        ms  ceiling  plain  plain f32    f32  error (plain)"
            + "        at 1e4 (plain)");
    List<OrthogonalizationResult> results = new ArrayList<>();
    for (MatrixShape shape : shapes) {
      for (OrthogonalizationResult result : benchmark.measure(shape)) {
        output.println(line(result));
        results.add(result);
      }
    }
    return results;
  }

  private static String line(OrthogonalizationResult result) {
    return String.format(
        Locale.ROOT,
        "%-10s %-9s %9.2f  %6.0f%%  %5.2f  %9.2f  %5.2f  %.1e (%.1e)  %.1e (%.1e)",
        result.shape(),
        result.precision(),
        result.milliseconds(),
        100 * result.shareOfCeiling(),
        result.ratioToPlain(),
        result.ratioToPlainF32(),
        result.ratioToF32(),
        result.error(),
        result.plainError(),
        result.illError(),
        result.plainIllError());
  }

  private List<OptimizerStepResult> steps(
      NDManager manager, OptimizerOperators operators, PrintStream output) {
    OptimizerStepBenchmark benchmark = new OptimizerStepBenchmark(operators, layers, rounds);
    output.printf(
        "%nThe optimizer's part of a step, GPT-2 shapes with %d layers, float32, one rank.%n",
        layers);
    output.println("optimizer         ms   parameters  state floats");
    List<OptimizerStepResult> results =
        List.of(benchmark.norMuon(manager), benchmark.adamW(manager));
    for (OptimizerStepResult result : results) {
      output.println(
          String.format(
              Locale.ROOT,
              "%-9s  %9.1f  %11d  %12d",
              result.optimizer(),
              result.milliseconds(),
              result.parameters(),
              result.stateFloats()));
    }
    return results;
  }

  private static String json(Results results) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(results) + "\n";
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException("Cannot write the results as JSON", unexpected);
    }
  }
}
