package normuon.job.comm;

import java.io.Serializable;
import java.time.Duration;

/**
 * How ranks communicate.
 *
 * @param deadline the longest wait for any one message or greeting
 * @param longestStart the longest wait for a peer to come: an executor that has just started
 *     fetches the job's jars first
 * @param bucketBytes the longest message, in bytes: longer data travels in several, and what a peer
 *     announces beyond it is refused
 * @param precision in what gradients, momentum and updates travel
 */
public record CommunicationOptions(
    Duration deadline, Duration longestStart, long bucketBytes, WirePrecision precision)
    implements Serializable {

  private static final long SMALLEST_BUCKET = 1 << 10;
  private static final long LARGEST_BUCKET = 1 << 30;

  /** Checks the values. */
  public CommunicationOptions {
    if (deadline.isNegative() || deadline.isZero()) {
      throw new IllegalArgumentException("Invalid deadline " + deadline + ": must be positive");
    }
    if (bucketBytes < SMALLEST_BUCKET
        || bucketBytes > LARGEST_BUCKET
        || bucketBytes % Double.BYTES != 0) {
      throw new IllegalArgumentException(
          "Invalid bucketBytes "
              + bucketBytes
              + ": must be a multiple of "
              + Double.BYTES
              + " from "
              + SMALLEST_BUCKET
              + " to "
              + LARGEST_BUCKET);
    }
  }

  /** Options by which a peer must come as soon as it must answer, and values travel as they are. */
  public CommunicationOptions(Duration deadline, long bucketBytes) {
    this(deadline, deadline, bucketBytes, WirePrecision.F32);
  }

  /** The same options with another precision. */
  public CommunicationOptions with(WirePrecision other) {
    return new CommunicationOptions(deadline, longestStart, bucketBytes, other);
  }

  /** Two minutes, and buckets of 4 MiB. */
  public static CommunicationOptions defaults() {
    return new CommunicationOptions(Duration.ofMinutes(2), 4 << 20);
  }
}
