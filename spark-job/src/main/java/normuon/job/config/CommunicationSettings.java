package normuon.job.config;

import java.io.Serializable;

/**
 * Section {@code communication}.
 *
 * @param deadlineSeconds the longest that a rank waits for another, in seconds
 * @param bucketBytes size of the pieces in which gradients and updates travel, in bytes of float32
 * @param precision the type in which gradients, momentum and updates travel
 */
public record CommunicationSettings(
    @MayChangeOnResume @Interval("[1, 86400]") int deadlineSeconds,
    @MayChangeOnResume @Interval("[1024, 1073741824]") int bucketBytes,
    Precision precision)
    implements Serializable {

  /** The precision of values under way. */
  public enum Precision {
    /** IEEE single precision, as the values are. */
    F32,
    /** Eight bits of exponent and seven of fraction, rounded to nearest even. */
    BF16
  }
}
