package normuon.model;

/** What a forward pass keeps for the backward pass. Gradients have the same bits either way. */
public enum ActivationCheckpointing {
  /** All that the backward pass needs. */
  NONE,
  /** The input of every block; its forward pass is run again just before its backward pass. */
  BLOCKS
}
