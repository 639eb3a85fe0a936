package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MuonTest extends OptimizerTest {

  @ParameterizedTest
  @EnumSource
  void updateIsThePolarFactorOfThePublishedSize(UpdateScale scale) {
    for (long[] shape : List.of(new long[] {48, 16}, new long[] {16, 48}, new long[] {32, 32})) {
      NDArray collected = random(3, shape);
      Orthogonalizer orthogonalizer = new Orthogonalizer(operators, NewtonSchulz.defaults());
      double[] polar = Distance.doubles(orthogonalizer.orthogonalize(manager, collected));
      double norm = Distance.norm(polar);
      double expected = NorMuonTest.expectedNorm(scale, shape[0], shape[1], norm);
      rule(scale).update(List.of(collected), List.of());
      double[] update = Distance.doubles(collected);
      for (int i = 0; i < update.length; i++) {
        assertThat(update[i])
            .as("shape %s, element %d", new Shape(shape), i)
            .isCloseTo(polar[i] * expected / norm, within(1e-5 * expected));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void zeroStaysZero(UpdateScale scale) {
    NDArray collected = manager.zeros(new Shape(4, 6));
    rule(scale).update(List.of(collected), List.of());
    assertThat(collected.toFloatArray()).containsOnly(0);
  }

  @Test
  void keepsNoSecondMoments() {
    Muon rule = rule(UpdateScale.OFFICIAL);
    assertThat(rule.secondMomentLength(4, 6)).isZero();
    List<NDArray> arrays = List.of(manager.zeros(new Shape(4, 6)));
    assertThatThrownBy(() -> rule.update(arrays, arrays))
        .hasMessage("Invalid list of 1 second moments: Muon keeps none");
  }

  private Muon rule(UpdateScale scale) {
    MuonOptions official = NorMuonOptions.official().withoutNormalization();
    return new Muon(
        operators,
        new MuonOptions(
            official.momentum(), official.newtonSchulz(), scale, official.weightDecay()));
  }
}
