package normuon.optimizer;

/** The two published forms of NorMuon, which differ in momentum and in scale. */
public enum NorMuonForm {
  /**
   * Algorithm 1 of arXiv 2510.05491: orthogonalizes the momentum itself; the root mean square of an
   * update is 0.2.
   */
  PAPER,
  /**
   * The authors' repository (zichongli5/NorMuon): orthogonalizes Nesterov's mix of gradient and
   * momentum; an update has the Frobenius norm of the polar factor times √max(1, m/n). A learning
   * rate of it is about √n / 4.5 times one of the paper's form.
   */
  OFFICIAL
}
