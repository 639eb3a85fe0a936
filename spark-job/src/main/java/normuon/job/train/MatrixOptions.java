package normuon.job.train;

import normuon.job.config.OptimizerSettings;
import normuon.optimizer.Momentum;
import normuon.optimizer.NewtonSchulz;
import normuon.optimizer.NorMuonOptions;
import normuon.optimizer.SecondMoment;
import normuon.optimizer.WeightDecay;

/** Lays the settings of the matrix rules over the preset that {@code optimizer.form} names. */
public final class MatrixOptions {

  private static final String PRESET = OptimizerSettings.Scale.PRESET.name();

  private final OptimizerSettings settings;
  private final NorMuonOptions preset;

  private MatrixOptions(OptimizerSettings settings) {
    this.settings = settings;
    this.preset = settings.form().options();
  }

  /** The options of NorMuon; Muon's are the same without normalization. */
  public static NorMuonOptions of(OptimizerSettings settings) {
    MatrixOptions options = new MatrixOptions(settings);
    return new NorMuonOptions(
        options.momentum(),
        options.newtonSchulz(),
        options.secondMoment(),
        choice(settings.scale(), options.preset.scale()),
        options.weightDecay());
  }

  private Momentum momentum() {
    Momentum published = preset.momentum();
    return new Momentum(
        choice(settings.momentumAccumulation(), published.accumulation()),
        choice(settings.momentumLookahead(), published.lookahead()),
        settings.peakMomentum());
  }

  private NewtonSchulz newtonSchulz() {
    NewtonSchulz published = preset.newtonSchulz();
    return new NewtonSchulz(
        choice(settings.polarMethod(), published.method()),
        settings.newtonSchulzSteps().orElse(published.steps()),
        choice(settings.newtonSchulzPrecision(), published.precision()));
  }

  private SecondMoment secondMoment() {
    SecondMoment published = preset.secondMoment();
    return new SecondMoment(
        choice(settings.secondMomentAxis(), published.axis()),
        settings.secondMomentDecay().orElse(published.decay()),
        settings.epsilon().orElse(published.epsilon()));
  }

  private WeightDecay weightDecay() {
    WeightDecay published = preset.weightDecay();
    return new WeightDecay(
        choice(settings.weightDecayReach(), published.reach()),
        choice(settings.weightDecayStrength(), published.strength()));
  }

  /** The constant of the same name. */
  private static <E extends Enum<E>> E choice(Enum<?> setting, E published) {
    return setting.name().equals(PRESET)
        ? published
        : Enum.valueOf(published.getDeclaringClass(), setting.name());
  }
}
