package normuon.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import normuon.job.config.RunConfiguration;
import normuon.optimizer.Momentum;
import normuon.optimizer.NewtonSchulz;
import normuon.optimizer.NorMuonOptions;
import normuon.optimizer.PolarMethod;
import normuon.optimizer.Precision;
import normuon.optimizer.SecondMoment;
import normuon.optimizer.UpdateScale;
import normuon.optimizer.WeightDecay;
import org.junit.jupiter.api.Test;

class MatrixOptionsTest {

  @Test
  void formsAreThePresets() {
    assertThat(options()).as("default").isEqualTo(NorMuonOptions.official());
    assertThat(options("form: paper")).isEqualTo(NorMuonOptions.paper());
    assertThat(options("form: official")).isEqualTo(NorMuonOptions.official());
    assertThat(options("form: dion")).isEqualTo(NorMuonOptions.dion());
    assertThat(options("form: speedrun")).isEqualTo(NorMuonOptions.speedrun());
  }

  @Test
  void everySettingWinsOverThePreset() {
    NorMuonOptions expected =
        new NorMuonOptions(
            new Momentum(Momentum.Accumulation.AVERAGE, Momentum.Lookahead.NESTEROV, 0.5),
            new NewtonSchulz(PolarMethod.DION5, 7, Precision.BF16),
            new SecondMoment(SecondMoment.Axis.ROWS_OR_COLUMNS, 0.25, 1e-3),
            UpdateScale.RMS,
            new WeightDecay(
                WeightDecay.Reach.CAUTIOUS, WeightDecay.Strength.TIED_TO_LEARNING_RATE));

    assertThat(
            options(
                "form: dion",
                "momentum_accumulation: average",
                "momentum_lookahead: nesterov",
                "momentum: 0.5",
                "polar_method: dion5",
                "newton_schulz_steps: 7",
                "newton_schulz_precision: bf16",
                "second_moment_axis: rows_or_columns",
                "second_moment_decay: 0.25",
                "epsilon: 0.001",
                "scale: rms",
                "weight_decay_reach: cautious",
                "weight_decay_strength: tied_to_learning_rate"))
        .isEqualTo(expected);
  }

  @Test
  void everyScaleOfTheConfigurationIsOneOfTheRule() {
    for (UpdateScale scale : UpdateScale.values()) {
      assertThat(options("scale: " + scale.name().toLowerCase()).scale()).isEqualTo(scale);
    }
  }

  private static NorMuonOptions options(String... settings) {
    String section =
        List.of(settings).stream().map("  %s\n"::formatted).collect(Collectors.joining());
    return MatrixOptions.of(
        RunConfiguration.fromYaml("optimizer:\n" + section, "test").optimizer());
  }
}
