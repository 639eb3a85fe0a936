package normuon.job.comm;

/**
 * In what gradients, momentum and updates travel. Whatever it is, they are added up in float32, in
 * rank order, and every rank has the same bits: a rank that sends keeps for itself what the others
 * receive. Numbers of an all-reduce travel in float64.
 */
public enum WirePrecision {
  /** IEEE single precision, as they are. */
  F32(Float.BYTES),

  /**
   * The upper half of a float32, rounded to nearest, ties to even: see {@link
   * normuon.torch.BFloat16}.
   */
  BF16(Short.BYTES);

  private final int bytes;

  WirePrecision(int bytes) {
    this.bytes = bytes;
  }

  /** The bytes that one value takes. */
  public int bytes() {
    return bytes;
  }
}
