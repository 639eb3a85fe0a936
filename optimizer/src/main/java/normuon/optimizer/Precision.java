package normuon.optimizer;

/** The number format that an iteration multiplies in; its input and result are float32. */
public enum Precision {
  /** IEEE single precision. */
  F32,
  /**
   * bfloat16: about twice as fast where the processor has units for it. Not a small perturbation on
   * ill-conditioned matrices.
   */
  BF16
}
