package normuon.job.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import normuon.optimizer.NewtonSchulz;
import normuon.optimizer.OptimizerOperators;
import normuon.optimizer.Orthogonalizer;
import normuon.optimizer.PolarMethod;
import normuon.optimizer.Precision;
import normuon.torch.OperatorKit;

/** Times five steps of the quintic, in turns with the same written out and with the ceiling. */
final class OrthogonalizationBenchmark {

  private static final List<Precision> PRECISIONS = List.of(Precision.F32, Precision.BF16);
  private static final MatrixShape CEILING_SHAPE = new MatrixShape(1024, 1024);
  private static final double CEILING_FLOPS = 2.0 * 1024 * 1024 * 1024;

  private final NDManager manager;
  private final int rounds;
  private final Orthogonalizer exact;
  private final Map<Precision, Contest> contests = new EnumMap<>(Precision.class);

  /**
   * One precision: our way, the iteration written out, and two factors of the ceiling's product.
   */
  private record Contest(Orthogonalizer ours, Orthogonalizer plain, NDArray factor) {}

  OrthogonalizationBenchmark(NDManager manager, OptimizerOperators operators, int rounds) {
    this.manager = manager;
    this.rounds = rounds;
    this.exact = Orthogonalizer.writtenOut(operators, quintic(Precision.F64));
    NDArray factor = TestMatrices.wellConditioned(manager, CEILING_SHAPE);
    try (OperatorKit kit = OperatorKit.general(manager)) {
      NDArray half = kit.compute(manager, "to_bfloat16", factor);
      for (Precision precision : PRECISIONS) {
        contests.put(
            precision,
            new Contest(
                new Orthogonalizer(operators, quintic(precision)),
                Orthogonalizer.writtenOut(operators, quintic(precision)),
                precision == Precision.F32 ? factor : half));
      }
    }
  }

  private static NewtonSchulz quintic(Precision precision) {
    return new NewtonSchulz(PolarMethod.QUINTIC, 5, precision);
  }

  /** The results of one shape, one for each precision. */
  List<OrthogonalizationResult> measure(MatrixShape shape) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray well = TestMatrices.wellConditioned(scope, shape);
      NDArray ill = TestMatrices.illConditioned(scope, shape);
      Map<Precision, Times> times = times(well);
      Times single = times.get(Precision.F32);
      NDArray exactWell = exact.orthogonalize(scope, well);
      NDArray exactIll = exact.orthogonalize(scope, ill);
      List<OrthogonalizationResult> results = new ArrayList<>();
      for (Precision precision : PRECISIONS) {
        Contest contest = contests.get(precision);
        Times measured = times.get(precision);
        double flops = contest.ours().flops(shape.rows(), shape.columns());
        results.add(
            new OrthogonalizationResult(
                shape.toString(),
                precision.name(),
                measured.ours().median(),
                measured.ceiling().median() * flops / CEILING_FLOPS,
                measured.ours().medianRatioTo(measured.plain()),
                measured.ours().medianRatioTo(single.plain()),
                measured.ours().medianRatioTo(single.ours()),
                error(contest.ours(), well, exactWell),
                error(contest.plain(), well, exactWell),
                error(contest.ours(), ill, exactIll),
                error(contest.plain(), ill, exactIll)));
      }
      return results;
    }
  }

  private record Times(Timings ours, Timings plain, Timings ceiling) {}

  private Map<Precision, Times> times(NDArray matrix) {
    // Operators are optimized in their first two calls.
    rounds(matrix, 2);
    return rounds(matrix, rounds);
  }

  private Map<Precision, Times> rounds(NDArray matrix, int count) {
    Map<Precision, Times> times = new EnumMap<>(Precision.class);
    for (Precision precision : PRECISIONS) {
      times.put(precision, new Times(new Timings(), new Timings(), new Timings()));
    }
    for (int round = 0; round < count; round++) {
      times.forEach((precision, timings) -> turn(matrix, contests.get(precision), timings));
    }
    return times;
  }

  private void turn(NDArray matrix, Contest contest, Times times) {
    times.plain().measure(() -> contest.plain().orthogonalize(manager, matrix).close());
    times.ours().measure(() -> contest.ours().orthogonalize(manager, matrix).close());
    times.ceiling().measure(() -> contest.factor().matMul(contest.factor()).close());
  }

  private double error(Orthogonalizer orthogonalizer, NDArray matrix, NDArray expected) {
    try (NDArray result = orthogonalizer.orthogonalize(manager, matrix)) {
      return TestMatrices.distance(result, expected);
    }
  }
}
