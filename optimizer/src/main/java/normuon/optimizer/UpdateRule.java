package normuon.optimizer;

/** The rules that a parameter group can be updated by. */
public enum UpdateRule {
  /** {@link normuon.optimizer.NorMuon}: matrices only, each collected on its owner. */
  NORMUON,
  /** {@link normuon.optimizer.Muon}: matrices only, each collected on its owner. */
  MUON,
  /** {@link normuon.optimizer.AdamW}: any parameter, on the rows of each rank. */
  ADAMW;

  /** Whether the rule is a {@link MatrixRule}. */
  public boolean orthogonalizes() {
    return this != ADAMW;
  }
}
