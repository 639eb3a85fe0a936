package normuon.optimizer;

/** The rules that a parameter group can be updated by. */
public enum UpdateRule {
  /** {@link normuon.optimizer.NorMuon}: matrices only, each collected on its owner. */
  NORMUON,
  /** {@link normuon.optimizer.Muon}: matrices only, each collected on its owner. */
  MUON,
  /** {@link normuon.optimizer.AdamW}: any parameter, on the rows of each rank. */
  ADAMW,
  /** {@link normuon.optimizer.Sophia} by sampled labels: as {@link #ADAMW}. */
  SOPHIA_G,
  /** {@link normuon.optimizer.Sophia} by Hessian-vector products: as {@link #ADAMW}. */
  SOPHIA_H;

  /** Whether the rule is a {@link MatrixRule}; else it is an {@link ElementRule}. */
  public boolean orthogonalizes() {
    return this == NORMUON || this == MUON;
  }

  /** Whether the rule is {@link Sophia}. */
  public boolean estimatesCurvature() {
    return this == SOPHIA_G || this == SOPHIA_H;
  }
}
