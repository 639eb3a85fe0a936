package normuon.optimizer;

/** The rules that degenerate inputs are given to, with the names that they have in the file. */
enum DegenerateRule {
  NORMUON("normuon", NorMuonOptions.official()),
  PAPER("paper", NorMuonOptions.paper()),
  DION("dion_normuon", NorMuonOptions.dion()),
  MUON("muon_kj", NorMuonOptions.official());

  private final String variant;
  private final NorMuonOptions preset;

  DegenerateRule(String variant, NorMuonOptions preset) {
    this.variant = variant;
    this.preset = preset;
  }

  String variant() {
    return variant;
  }

  /** The rule with the numbers of the file. */
  MatrixRule of(OptimizerOperators operators, ReferenceFile file, Precision precision) {
    Momentum momentum = preset.momentum();
    NorMuonOptions options =
        new NorMuonOptions(
            new Momentum(momentum.accumulation(), momentum.lookahead(), file.number("momentum")),
            new NewtonSchulz(preset.newtonSchulz().method(), 5, precision),
            new SecondMoment(preset.secondMoment().axis(), file.number("beta2"), epsilon(file)),
            preset.scale(),
            preset.weightDecay());
    return this == MUON
        ? new Muon(operators, options.withoutNormalization())
        : new NorMuon(operators, options);
  }

  private double epsilon(ReferenceFile file) {
    return this == PAPER ? file.number("paper_eps") : preset.secondMoment().epsilon();
  }

  /** How many times the gradient the momentum can be after some steps of the same gradient. */
  double largestMomentum(int steps) {
    return preset.momentum().accumulation() == Momentum.Accumulation.HEAVY_BALL ? steps : 1;
  }
}
