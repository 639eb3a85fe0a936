package normuon.optimizer;

/** The number format that an iteration multiplies in; its input and result are float32. */
public enum Precision {
  /** IEEE double precision: the yardstick of the others, at half the speed of {@link #F32}. */
  F64(7),
  /** IEEE single precision. */
  F32(6),
  /**
   * bfloat16: about twice as fast where the processor has units for it. Not a small perturbation on
   * ill-conditioned matrices.
   */
  BF16(15);

  private final long torchType;

  Precision(long torchType) {
    this.torchType = torchType;
  }

  /** The number that PyTorch's operators know the format by. */
  long torchType() {
    return torchType;
  }
}
