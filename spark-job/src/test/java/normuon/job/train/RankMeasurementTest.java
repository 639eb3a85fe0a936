package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import normuon.job.comm.Ranks;
import normuon.job.config.RunConfiguration;
import normuon.job.data.TestTokens;
import normuon.job.data.TokenSplit;
import normuon.job.report.ParameterDiagnostics;
import normuon.optimizer.NormSpread;
import normuon.optimizer.ParameterGroup;
import normuon.torch.ParameterSpec;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of a step is what happened to the weights. */
class RankMeasurementTest {

  private static final RunConfiguration CONFIGURATION =
      RunConfiguration.fromYaml(
          "{optimizer: {weight_decay: 0, adamw: {weight_decay: 0}, schedule: {warmup_steps: 4}}}",
          "test");
  private static final List<ParameterGroup> ROUTED =
      UpdateRules.routing(CONFIGURATION.optimizer()).groups(StepRank.SPECS);
  private static final int STEPS = 3;

  @TempDir private Path folder;
  private TokenSplit tokens;

  private record Outcome(
      long checksum,
      Map<Integer, ParameterDiagnostics> told,
      List<double[]> before,
      List<double[]> after) {}

  @BeforeEach
  void writeTokens() throws IOException {
    tokens = TestTokens.split(folder, LongStream.range(0, 600).map(i -> i * i % 11).toArray());
  }

  @Test
  void normsAreThoseOfTheWeightsAndOfTheirChange() {
    List<Outcome> ranks = train(3, true);
    Map<Integer, ParameterDiagnostics> told = told(ranks);
    Outcome first = ranks.get(0);

    assertThat(told.keySet()).as("every parameter once").hasSize(StepRank.SPECS.size());
    assertThat(ranks.stream().mapToInt(rank -> rank.told().size()).sum()).isEqualTo(told.size());
    for (int i = 0; i < StepRank.SPECS.size(); i++) {
      ParameterSpec spec = StepRank.SPECS.get(i);
      double[] change = difference(first.after().get(i), first.before().get(i));
      ParameterDiagnostics line = told.get(i);
      assertThat(line.name()).isEqualTo(spec.name());
      assertThat(line.weightNorm())
          .as("weight norm of %s", spec)
          .isCloseTo(norm(first.before().get(i)), Percentage.withPercentage(1e-6));
      assertThat(line.updateNorm())
          .as("update norm of %s", spec)
          .isCloseTo(norm(change), Percentage.withPercentage(0.01));
      assertThat(line.updateToWeight())
          .isCloseTo(line.updateNorm() / line.weightNorm(), Offset.offset(1e-12));
      if (spec.shape().length == 2) {
        assertClose(line.rowNormsAfter(), spread(change, spec));
      } else {
        assertThat(line.rowNormsAfter()).isNull();
      }
      assertThat(line.rowNormsBefore() != null)
          .as("before and condition of %s", spec)
          .isEqualTo(line.rule().equals("normuon"))
          .isEqualTo(line.momentumCondition() != null)
          .isEqualTo(line.updateCondition() != null);
    }
  }

  @Test
  void measuringChangesNoBitOfAnyRank() {
    assertThat(train(2, true)).extracting(Outcome::checksum).isEqualTo(checksums(train(2, false)));
  }

  @Test
  void numbersDoNotDependOnTheRanks() {
    Map<Integer, ParameterDiagnostics> alone = told(train(1, true));
    for (int ranks : new int[] {2, 3}) {
      told(train(ranks, true))
          .forEach(
              (place, line) -> {
                ParameterDiagnostics expected = alone.get(place);
                assertThat(line.updateNorm())
                    .isCloseTo(expected.updateNorm(), Percentage.withPercentage(0.01));
                if (expected.rowNormsBefore() != null) {
                  assertClose(line.rowNormsBefore(), expected.rowNormsBefore());
                  assertThat(Math.log10(line.momentumCondition()))
                      .isCloseTo(Math.log10(expected.momentumCondition()), Offset.offset(0.05));
                }
              });
    }
  }

  private List<Outcome> train(int ranks, boolean measured) {
    try (Ranks all = Ranks.connect(ranks)) {
      return all.run(
          (collectives, manager) -> {
            StepRank rank = new StepRank(CONFIGURATION, ROUTED, tokens, collectives, manager);
            TrainStep step = rank.step();
            Progress progress = Progress.START;
            Outcome outcome = null;
            for (int i = 0; i < STEPS; i++) {
              List<double[]> before = weights(rank);
              RankMeasurement measurement =
                  new RankMeasurement(rank.state(), rank.layout(), collectives.rank() == 0);
              StepOutcome done = step.run(progress, measured ? measurement : Measurement.NONE);
              progress = progress.trained(StepRank.SEQUENCES, done.newtonSchulzCalls());
              outcome =
                  new Outcome(rank.everything(), measurement.parameters(), before, weights(rank));
            }
            return outcome;
          });
    }
  }

  private static Map<Integer, ParameterDiagnostics> told(List<Outcome> ranks) {
    Map<Integer, ParameterDiagnostics> told = new TreeMap<>();
    ranks.forEach(rank -> told.putAll(rank.told()));
    return told;
  }

  private static List<Long> checksums(List<Outcome> ranks) {
    return ranks.stream().map(Outcome::checksum).toList();
  }

  private static List<double[]> weights(StepRank rank) {
    List<double[]> weights = new ArrayList<>();
    for (NDArray weight : rank.state().weights().arrays()) {
      float[] floats = weight.toFloatArray();
      weights.add(IntStream.range(0, floats.length).mapToDouble(i -> floats[i]).toArray());
    }
    return weights;
  }

  private static double[] difference(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] - b[i]).toArray();
  }

  private static double norm(double[] numbers) {
    return Math.sqrt(
        IntStream.range(0, numbers.length).mapToDouble(i -> numbers[i] * numbers[i]).sum());
  }

  private static NormSpread spread(double[] matrix, ParameterSpec spec) {
    int columns = (int) spec.columns();
    double[] norms = new double[(int) spec.rows()];
    for (int i = 0; i < matrix.length; i++) {
      norms[i / columns] = Math.hypot(norms[i / columns], matrix[i]);
    }
    return NormSpread.of(norms);
  }

  private static void assertClose(NormSpread actual, NormSpread expected) {
    Offset<Double> rounding = Offset.offset(1e-3);
    assertThat(actual.minimum()).isCloseTo(expected.minimum(), rounding);
    assertThat(actual.median()).isCloseTo(expected.median(), rounding);
    assertThat(actual.maximum()).isCloseTo(expected.maximum(), rounding);
    assertThat(actual.deviation()).isCloseTo(expected.deviation(), rounding);
  }
}
