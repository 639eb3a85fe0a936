package normuon.optimizer;

/**
 * The numbers of {@link NorMuon}.
 *
 * @param form which published form
 * @param newtonSchulz how matrices are orthogonalized
 * @param momentum β1 in [0, 1)
 * @param secondMomentDecay β2 in [0, 1)
 * @param epsilon added to the root of the second moment, greater than 0
 */
public record NorMuonOptions(
    NorMuonForm form,
    NewtonSchulz newtonSchulz,
    double momentum,
    double secondMomentDecay,
    double epsilon) {

  /** Checks the numbers. */
  public NorMuonOptions {
    Range.decay("momentum", momentum);
    Range.decay("second moment decay", secondMomentDecay);
    Range.positive("epsilon", epsilon);
  }

  /** The official form with its published numbers. */
  public static NorMuonOptions defaults() {
    return new NorMuonOptions(NorMuonForm.OFFICIAL, NewtonSchulz.defaults(), 0.95, 0.95, 1e-10);
  }
}
