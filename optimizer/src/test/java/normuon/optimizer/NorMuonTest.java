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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NorMuonTest extends OptimizerTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void momentumOnShardsMakesTheWhole(int worldSize) {
    for (NorMuonForm form : NorMuonForm.values()) {
      NorMuon rule = rule(form);
      for (long[] shape : SHAPES) {
        NDArray momentum = random(1, shape);
        List<NDArray> momenta = shards(momentum, worldSize);
        NDArray gradient = random(2, shape);
        List<NDArray> gradients = shards(gradient, worldSize);
        NDArray collected = rule.accumulate(List.of(gradient), List.of(momentum)).get(0);
        assertThat(together(rule.accumulate(gradients, momenta)))
            .as("form %s, shape %s", form, new Shape(shape))
            .containsExactly(collected.toFloatArray());
        assertThat(together(momenta)).containsExactly(momentum.toFloatArray());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void updateHasThePublishedSize(NorMuonForm form) {
    for (long[] shape : List.of(new long[] {48, 16}, new long[] {16, 48}, new long[] {32, 32})) {
      NDArray collected = random(3, shape);
      Orthogonalizer orthogonalizer = new Orthogonalizer(operators, NewtonSchulz.defaults());
      double polarNorm =
          Distance.norm(Distance.doubles(orthogonalizer.orthogonalize(manager, collected)));
      rule(form).update(List.of(collected), List.of(manager.zeros(new Shape(shape[0]))));
      double expected =
          form == NorMuonForm.PAPER
              ? 0.2 * Math.sqrt(shape[0] * shape[1])
              : polarNorm * Math.sqrt(Math.max(1, (double) shape[0] / shape[1]));
      assertThat(Distance.norm(Distance.doubles(collected)))
          .isCloseTo(expected, within(1e-5 * expected));
    }
  }

  @Test
  void firstUpdateHasRowsOfOneNorm() {
    // v = (1 - b2) rowmean(O squared), so every row of O / sqrt(v) has the same norm.
    NDArray collected = random(4, 24, 8);
    rule(NorMuonForm.OFFICIAL).update(List.of(collected), List.of(manager.zeros(new Shape(24))));
    float[] norms = collected.norm(new int[] {1}).toFloatArray();
    for (float norm : norms) {
      assertThat(norm).isCloseTo(norms[0], within(1e-5f * norms[0]));
    }
  }

  @ParameterizedTest
  @EnumSource
  void zeroGradientLeavesWeightDecayAlone(NorMuonForm form) {
    NorMuon rule = rule(form);
    NDArray secondMoment = manager.zeros(new Shape(4));
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
  void zeroRowsStayZero(NorMuonForm form) {
    NDArray collected = random(5, 6, 4);
    collected.get("2").muli(0);
    rule(form).update(List.of(collected), List.of(manager.zeros(new Shape(6))));
    float[] update = collected.toFloatArray();
    for (int i = 0; i < update.length; i++) {
      assertThat(Float.isFinite(update[i])).isTrue();
      assertThat(update[i] == 0).as("element %d is zero", i).isEqualTo(i / 4 == 2);
    }
  }

  @Test
  void stateOfAMatrixIsItsMomentumAndOneNumberPerRow() {
    NorMuon rule = rule(NorMuonForm.OFFICIAL);
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
    NorMuon rule =
        new NorMuon(
            operators, new NorMuonOptions(NorMuonForm.OFFICIAL, oneStep, 0.95, 0.95, 1e-10));
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
    assertThatThrownBy(
            () -> new NorMuonOptions(NorMuonForm.PAPER, NewtonSchulz.defaults(), 1, 0.95, 1e-10))
        .hasMessage("Invalid momentum 1.0: must be at least 0 and less than 1");
    assertThatThrownBy(() -> new NewtonSchulz(PolarMethod.QUINTIC, 0, Precision.F32))
        .hasMessage("Invalid number of Newton-Schulz steps 0: must be at least 1");
  }

  private NorMuon rule(NorMuonForm form) {
    return new NorMuon(
        operators, new NorMuonOptions(form, NewtonSchulz.defaults(), 0.95, 0.95, 1e-10));
  }

  private static int arrays(NDManager manager) {
    return manager.getManagedArrays().size();
  }

  private static long residentBytes() throws IOException {
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
    return Long.parseLong(pages) * 4096;
  }
}
