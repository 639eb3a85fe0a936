package normuon.job.bench;

import ai.djl.ndarray.NDManager;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import normuon.optimizer.OptimizerOperators;
import normuon.torch.TorchRuntime;

/**
 * The benchmark of orthogonalization on one thread of this process.
 *
 * @param shapes the matrices to orthogonalize
 * @param rounds timed calls of each form, at least 1
 */
public record OptimizerBenchmark(List<MatrixShape> shapes, int rounds) {

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
  }

  /**
   * Measures, which takes minutes for large shapes.
   *
   * @param output where the table is printed, line by line as it is measured
   */
  public List<OrthogonalizationResult> run(PrintStream output) {
    TorchRuntime.useThreads(1);
    try (NDManager manager = TorchRuntime.newManager();
        OptimizerOperators operators = OptimizerOperators.load(manager)) {
      return orthogonalization(manager, operators, output);
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
}
