package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import normuon.optimizer.Momentum.Accumulation;
import normuon.optimizer.Momentum.Lookahead;
import normuon.optimizer.SecondMoment.Axis;
import normuon.optimizer.WeightDecay.Reach;
import normuon.optimizer.WeightDecay.Strength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class NorMuonTest extends OptimizerTest {

  private static Stream<NorMuonOptions> presets() {
    return Stream.of(
        NorMuonOptions.paper(),
        NorMuonOptions.official(),
        NorMuonOptions.dion(),
        NorMuonOptions.speedrun());
  }

  @Test
  void presetsAreThePublishedChoices() {
    assertThat(NorMuonOptions.official())
        .isEqualTo(
            new NorMuonOptions(
                new Momentum(Accumulation.AVERAGE, Lookahead.NESTEROV, 0.95),
                new NewtonSchulz(PolarMethod.QUINTIC, 5, Precision.F32),
                new SecondMoment(Axis.ROWS, 0.95, 1e-10),
                UpdateScale.OFFICIAL,
                new WeightDecay(Reach.DECOUPLED, Strength.LINEAR)));
    assertThat(presets().map(NorMuonOptions::momentum).map(Momentum::accumulation))
        .containsExactly(
            Accumulation.AVERAGE,
            Accumulation.AVERAGE,
            Accumulation.HEAVY_BALL,
            Accumulation.AVERAGE);
    assertThat(presets().map(NorMuonOptions::momentum).map(Momentum::lookahead))
        .containsExactly(Lookahead.NONE, Lookahead.NESTEROV, Lookahead.NONE, Lookahead.NESTEROV);
    assertThat(presets().map(NorMuonOptions::scale))
        .containsExactly(
            UpdateScale.PAPER, UpdateScale.OFFICIAL, UpdateScale.SPECTRAL, UpdateScale.OFFICIAL);
    assertThat(presets().map(NorMuonOptions::newtonSchulz).map(NewtonSchulz::method))
        .containsExactly(
            PolarMethod.QUINTIC,
            PolarMethod.QUINTIC,
            PolarMethod.POLAR_EXPRESS,
            PolarMethod.POLAR_EXPRESS);
    assertThat(NorMuonOptions.speedrun().secondMoment().axis()).isEqualTo(Axis.ROWS_OR_COLUMNS);
    assertThat(NorMuonOptions.speedrun().weightDecay())
        .isEqualTo(new WeightDecay(Reach.CAUTIOUS, Strength.TIED_TO_LEARNING_RATE));
  }

  @ParameterizedTest
  @EnumSource
  void updateHasThePublishedSize(UpdateScale scale) {
    for (long[] shape : List.of(new long[] {48, 16}, new long[] {16, 48}, new long[] {32, 32})) {
      NDArray collected = random(3, shape);
      double expected = expectedNorm(scale, shape[0], shape[1], polarNorm(collected));
      NorMuon rule = rule(scale, Axis.ROWS);
      rule.update(List.of(collected), List.of(manager.zeros(new Shape(shape[0]))));
      assertThat(Distance.norm(Distance.doubles(collected)))
          .as("shape %s", new Shape(shape))
          .isCloseTo(expected, within(1e-5 * expected));
    }
  }

  static double expectedNorm(UpdateScale scale, double m, double n, double polarNorm) {
    return switch (scale) {
      case PAPER -> 0.2 * Math.sqrt(m * n);
      case OFFICIAL -> polarNorm * (m > n ? Math.sqrt(m / n) : 1);
      case SPECTRAL -> polarNorm * Math.sqrt(m / n);
      case RMS -> polarNorm * 0.2 * (m > n ? Math.sqrt(m) : Math.sqrt(n));
      case NONE -> polarNorm;
    };
  }

  private double polarNorm(NDArray matrix) {
    Orthogonalizer orthogonalizer = new Orthogonalizer(operators, NewtonSchulz.defaults());
    return Distance.norm(Distance.doubles(orthogonalizer.orthogonalize(manager, matrix)));
  }

  @Test
  void firstUpdateHasRowsOfOneNorm() {
    // v = (1 - b2) rowmean(O squared), so every row of O / sqrt(v) has the same norm.
    NDArray collected = random(4, 24, 8);
    rule(UpdateScale.OFFICIAL, Axis.ROWS)
        .update(List.of(collected), List.of(manager.zeros(new Shape(24))));
    assertEqual(collected.norm(new int[] {1}).toFloatArray());
  }

  @ParameterizedTest
  @CsvSource({
    "24, 8, ROWS, 24, 1",
    "24, 8, ROWS_OR_COLUMNS, 24, 1",
    "8, 8, ROWS_OR_COLUMNS, 8, 1",
    "8, 24, ROWS, 8, 1",
    "8, 24, ROWS_OR_COLUMNS, 24, 0"
  })
  void normalizesTheAxisOfTheOption(long rows, long columns, Axis axis, long length, int norm) {
    NorMuon rule = rule(UpdateScale.OFFICIAL, axis);
    NDArray collected = random(4, rows, columns);
    NDArray secondMoment = manager.zeros(new Shape(length));
    assertThat(rule.secondMomentLength(rows, columns)).isEqualTo(length);
    Orthogonalizer orthogonalizer = new Orthogonalizer(operators, NewtonSchulz.defaults());
    NDArray polar = orthogonalizer.orthogonalize(manager, collected);
    rule.update(List.of(collected), List.of(secondMoment));
    assertEqual(collected.norm(new int[] {norm}).toFloatArray());
    float[] means = polar.square().mean(new int[] {norm}).mul(0.05f).toFloatArray();
    assertThat(secondMoment.toFloatArray()).containsExactly(means, within(1e-7f));
  }

  private static void assertEqual(float[] norms) {
    for (float norm : norms) {
      assertThat(norm).isCloseTo(norms[0], within(1e-5f * norms[0]));
    }
  }

  @ParameterizedTest
  @MethodSource("presets")
  void zeroGradientLeavesWeightDecayAlone(NorMuonOptions options) {
    NorMuon rule = new NorMuon(operators, options);
    NDArray secondMoment = manager.zeros(new Shape(rule.secondMomentLength(4, 6)));
    NDArray weight = manager.ones(new Shape(4, 6));
    for (int step = 0; step < 3; step++) {
      List<NDArray> momenta = List.of(manager.zeros(new Shape(4, 6)));
      List<NDArray> collected = rule.accumulate(List.of(manager.zeros(new Shape(4, 6))), momenta);
      rule.update(collected, List.of(secondMoment));
      new ParameterUpdate(operators).apply(List.of(weight), collected, 0.5, 0.2);
    }
    assertThat(secondMoment.toFloatArray()).containsOnly(0);
    assertThat(weight.toFloatArray()).containsOnly(0.9f * 0.9f * 0.9f);
  }

  @ParameterizedTest
  @EnumSource
  void zeroRowsStayZero(UpdateScale scale) {
    NDArray collected = random(5, 6, 4);
    collected.get("2").muli(0);
    rule(scale, Axis.ROWS).update(List.of(collected), List.of(manager.zeros(new Shape(6))));
    float[] update = collected.toFloatArray();
    for (int i = 0; i < update.length; i++) {
      assertThat(Float.isFinite(update[i])).isTrue();
      assertThat(update[i] == 0).as("element %d is zero", i).isEqualTo(i / 4 == 2);
    }
  }

  @Test
  void stateOfAMatrixIsItsMomentumAndOneNumberPerRow() {
    NorMuon rule = rule(UpdateScale.OFFICIAL, Axis.ROWS);
    try (NDManager state = manager.newSubManager()) {
      List<NDArray> momenta = List.of(state.zeros(new Shape(300, 280)));
      List<NDArray> secondMoments = List.of(state.zeros(new Shape(300)));
      int arraysBefore = arrays(manager);
      for (int step = 1; step <= 3; step++) {
        try (NDArray gradient = random(step, 300, 280)) {
          rule.update(rule.accumulate(List.of(gradient), momenta), secondMoments);
        }
      }
      assertThat(arrays(manager)).as("arrays outside the state").isEqualTo(arraysBefore);
      long floats = state.getManagedArrays().stream().mapToLong(array -> array.size()).sum();
      assertThat(floats).isEqualTo(300 * 280 + 300);
    }
  }

  @Test
  void keepsNoArrays() throws IOException {
    NewtonSchulz oneStep = new NewtonSchulz(PolarMethod.QUINTIC, 1, Precision.F32);
    NorMuon rule = new NorMuon(operators, options(oneStep, UpdateScale.OFFICIAL, Axis.ROWS));
    NDArray gradient = random(6, 344, 128);
    List<NDArray> momenta = List.of(manager.zeros(gradient.getShape()));
    List<NDArray> secondMoments = List.of(manager.zeros(new Shape(344)));
    long residentBefore = 0;
    int arraysBefore = 0;
    for (int step = 0; step < 1500; step++) {
      if (step == 500) {
        residentBefore = residentBytes();
        arraysBefore = arrays(manager);
      }
      rule.update(rule.accumulate(List.of(gradient), momenta), secondMoments);
    }
    assertThat(arrays(manager)).isEqualTo(arraysBefore);
    // One array of this shape kept per step would be 176 MB.
    assertThat(residentBytes() - residentBefore).isLessThan(60_000_000);
    assertThat(rule.newtonSchulzCalls()).isEqualTo(1500);
  }

  @Test
  void refusesNumbersOutsideTheirRange() {
    assertThatThrownBy(() -> new Momentum(Accumulation.AVERAGE, Lookahead.NONE, 1))
        .hasMessage("Invalid momentum 1.0: must be at least 0 and less than 1");
    assertThatThrownBy(() -> new SecondMoment(Axis.ROWS, -0.1, 1e-10))
        .hasMessage("Invalid second moment decay -0.1: must be at least 0 and less than 1");
    assertThatThrownBy(() -> new SecondMoment(Axis.ROWS, 0.95, 0))
        .hasMessage("Invalid epsilon 0.0: must be greater than 0");
    assertThatThrownBy(() -> new NewtonSchulz(PolarMethod.QUINTIC, 0, Precision.F32))
        .hasMessage("Invalid number of Newton-Schulz steps 0: must be at least 1");
  }

  private NorMuon rule(UpdateScale scale, Axis axis) {
    return new NorMuon(operators, options(NewtonSchulz.defaults(), scale, axis));
  }

  private static NorMuonOptions options(NewtonSchulz iteration, UpdateScale scale, Axis axis) {
    return new NorMuonOptions(
        NorMuonOptions.official().momentum(),
        iteration,
        new SecondMoment(axis, 0.95, 1e-10),
        scale,
        WeightDecay.decoupled());
  }

  private static int arrays(NDManager manager) {
    return manager.getManagedArrays().size();
  }

  private static long residentBytes() throws IOException {
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
    return Long.parseLong(pages) * 4096;
  }
}
