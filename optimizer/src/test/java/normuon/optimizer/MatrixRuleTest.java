package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.stream.Stream;
import normuon.optimizer.Momentum.Accumulation;
import normuon.optimizer.Momentum.Lookahead;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every rule that orthogonalizes, whatever its options. */
class MatrixRuleTest extends OptimizerTest {

  private static final int STEPS = 5;
  private static final double RATE = 0.02;
  private static final double DECAY = 0.5;

  private static Stream<NorMuonOptions> choices() {
    Stream<NorMuonOptions> presets =
        Stream.of(
            NorMuonOptions.paper(),
            NorMuonOptions.official(),
            NorMuonOptions.dion(),
            NorMuonOptions.speedrun());
    Stream<NorMuonOptions> others =
        Stream.of(UpdateScale.values())
            .map(
                scale ->
                    new NorMuonOptions(
                        new Momentum(Accumulation.HEAVY_BALL, Lookahead.NESTEROV, 0.9),
                        new NewtonSchulz(PolarMethod.DION5, 5, Precision.F32),
                        new SecondMoment(SecondMoment.Axis.ROWS_OR_COLUMNS, 0.9, 1e-8),
                        scale,
                        NorMuonOptions.speedrun().weightDecay()));
    return Stream.concat(presets, others);
  }

  @ParameterizedTest
  @MethodSource("choices")
  void shardsMakeTheWhole(NorMuonOptions options) {
    for (MatrixRule rule :
        List.of(
            new NorMuon(operators, options), new Muon(operators, options.withoutNormalization()))) {
      for (long[] shape : SHAPES) {
        if (shape.length == 2) {
          double[] alone = train(rule, 1, shape);
          for (int ranks : new int[] {2, 3, 5}) {
            assertThat(Distance.relative(train(rule, ranks, shape), alone))
                .as("%s, shape %s, %d ranks", rule.getClass(), new Shape(shape), ranks)
                .isLessThan(1e-6);
          }
        }
      }
    }
  }

  /** The weight after some steps with gradients and momentum in shards. */
  private double[] train(MatrixRule rule, int ranks, long[] shape) {
    long length = rule.secondMomentLength(shape[0], shape[1]);
    List<NDArray> secondMoments =
        length == 0 ? List.of() : List.of(manager.zeros(new Shape(length)));
    NDArray weight = random(0, shape);
    List<NDArray> momenta = shards(manager.zeros(new Shape(shape)), ranks);
    for (int step = 1; step <= STEPS; step++) {
      List<NDArray> rows = rule.accumulate(shards(random(step, shape), ranks), momenta);
      NDArray collected = manager.create(together(rows), new Shape(shape));
      rule.update(List.of(collected), secondMoments);
      new ParameterUpdate(operators)
          .apply(List.of(weight), List.of(collected), RATE, DECAY, rule.weightDecay());
    }
    return Distance.doubles(weight);
  }

  @ParameterizedTest
  @EnumSource
  void heavyBallIsTheAverageTimesAFactor(Lookahead lookahead) {
    double decay = 0.75;
    NDArray average = manager.zeros(new Shape(4, 6));
    NDArray heavy = manager.zeros(new Shape(4, 6));
    for (int step = 0; step < STEPS; step++) {
      NDArray ofAverage = accumulate(Accumulation.AVERAGE, lookahead, decay, step, average);
      NDArray ofHeavy = accumulate(Accumulation.HEAVY_BALL, lookahead, decay, step, heavy);
      double[] scaled = Distance.doubles(ofAverage.mul(1 / (1 - decay)));
      assertThat(Distance.relative(Distance.doubles(ofHeavy), scaled)).isLessThan(1e-6);
    }
  }

  private NDArray accumulate(
      Accumulation accumulation, Lookahead lookahead, double decay, int step, NDArray momentum) {
    MuonOptions options =
        new MuonOptions(
            new Momentum(accumulation, lookahead, decay),
            NewtonSchulz.defaults(),
            UpdateScale.NONE,
            WeightDecay.decoupled());
    NDArray gradient = random(step, 4, 6);
    return new Muon(operators, options).accumulate(List.of(gradient), List.of(momentum)).get(0);
  }
}
