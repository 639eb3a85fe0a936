package normuon.optimizer;

import java.util.Arrays;
import normuon.optimizer.Momentum.Accumulation;
import normuon.optimizer.Momentum.Lookahead;

/** The rules that the metadata of reference files describe. */
final class ReferenceRules {

  private final OptimizerOperators operators;
  private final ReferenceFile file;

  ReferenceRules(OptimizerOperators operators, ReferenceFile file) {
    this.operators = operators;
    this.file = file;
  }

  /** The rule of the file in a precision. */
  MatrixRule of(Precision precision) {
    return switch (file.kind()) {
      case "normuon_official" ->
          normalized(
              NorMuonOptions.official(), "momentum", quintic(precision), file.number("norm_eps"));
      case "normuon_paper" ->
          normalized(NorMuonOptions.paper(), "beta1", quintic(precision), file.number("eps"));
      case "dion_normuon" -> new NorMuon(operators, dion(precision));
      case "dion_muon" -> new Muon(operators, dion(precision).withoutNormalization());
      case "muon_kj" -> muon(Accumulation.AVERAGE, UpdateScale.OFFICIAL, precision);
      case "muon_spectral" -> muon(Accumulation.HEAVY_BALL, UpdateScale.SPECTRAL, precision);
      case "muon_rms" -> muon(Accumulation.HEAVY_BALL, UpdateScale.RMS, precision);
      default -> throw new AssertionError("no rule is known for the kind " + file.kind());
    };
  }

  private MatrixRule normalized(
      NorMuonOptions preset, String decay, NewtonSchulz iteration, double epsilon) {
    return new NorMuon(
        operators,
        new NorMuonOptions(
            momentum(preset.momentum().accumulation(), decay),
            iteration,
            new SecondMoment(SecondMoment.Axis.ROWS, file.number("beta2"), epsilon),
            preset.scale(),
            preset.weightDecay()));
  }

  private MatrixRule muon(Accumulation accumulation, UpdateScale scale, Precision precision) {
    return new Muon(
        operators,
        new MuonOptions(
            momentum(accumulation, "momentum"),
            quintic(precision),
            scale,
            WeightDecay.decoupled()));
  }

  private NorMuonOptions dion(Precision precision) {
    PolarMethod method =
        file.text("orthogonalizer").equals("polar_express")
            ? PolarMethod.POLAR_EXPRESS
            : PolarMethod.DION5;
    return new NorMuonOptions(
        momentum(Accumulation.HEAVY_BALL, "mu"),
        new NewtonSchulz(method, 5, precision),
        new SecondMoment(SecondMoment.Axis.ROWS, file.number("muon_beta2"), file.number("epsilon")),
        switch (file.text("adjust_lr")) {
          case "spectral_norm" -> UpdateScale.SPECTRAL;
          case "rms_norm" -> UpdateScale.RMS;
          default -> UpdateScale.NONE;
        },
        WeightDecay.decoupled());
  }

  private Momentum momentum(Accumulation accumulation, String decay) {
    Lookahead lookahead =
        Boolean.parseBoolean(file.text("nesterov")) ? Lookahead.NESTEROV : Lookahead.NONE;
    return new Momentum(accumulation, lookahead, file.number(decay));
  }

  private NewtonSchulz quintic(Precision precision) {
    if (!Arrays.equals(file.numbers("ns_coeffs"), PolarMethod.QUINTIC.coefficients(1))) {
      throw new AssertionError("no method has the coefficients " + file.text("ns_coeffs"));
    }
    return new NewtonSchulz(PolarMethod.QUINTIC, (int) file.number("ns_steps"), precision);
  }
}
