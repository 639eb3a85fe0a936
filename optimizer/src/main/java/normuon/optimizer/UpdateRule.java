package normuon.optimizer;

/** The rules that a parameter group can be updated by. */
public enum UpdateRule {
  /** {@link normuon.optimizer.NorMuon}: matrices only, each collected on its owner. */
  NORMUON,
  /** {@link normuon.optimizer.AdamW}: any parameter, on the rows of each rank. */
  ADAMW
}
