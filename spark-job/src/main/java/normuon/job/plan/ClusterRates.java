package normuon.job.plan;

/**
 * How fast the ranks of a cluster are.
 *
 * @param flopsPerSecond floating-point operations that a rank does in products of matrices
 * @param bytesPerSecond bytes that a rank sends, while it receives as many
 * @param secondsPerMessage what a message costs its sender beyond its bytes
 */
public record ClusterRates(double flopsPerSecond, double bytesPerSecond, double secondsPerMessage) {

  /** One core with AVX-512 in float32 does 93 to 102 GFLOP/s. */
  public static final double DEFAULT_TERAFLOPS_PER_THREAD = 0.1;

  /**
   * About what ranks have exchanged over Spark's transport, 0.6 to 0.9 GB/s on one machine; a 10
   * Gbit/s link carries 1.25.
   */
  public static final double DEFAULT_GIGABYTES_PER_SECOND = 1;

  /** Half a round trip within a data centre, and the transport's own work for a message. */
  public static final double DEFAULT_MICROSECONDS = 50;

  /** Checks the numbers. */
  public ClusterRates {
    requirePositive("FLOP/s", flopsPerSecond);
    requirePositive("bandwidth", bytesPerSecond);
    if (!Double.isFinite(secondsPerMessage) || secondsPerMessage < 0) {
      throw new IllegalArgumentException(
          "Invalid latency " + secondsPerMessage + ": must be a number at least 0");
    }
  }

  /**
   * Rates in the units of the command line.
   *
   * @param teraflops 10^12 operations per second and rank
   * @param gigabytesPerSecond 10^9 bytes per second, rank and direction
   * @param microseconds per message
   */
  public static ClusterRates of(double teraflops, double gigabytesPerSecond, double microseconds) {
    return new ClusterRates(teraflops * 1e12, gigabytesPerSecond * 1e9, microseconds * 1e-6);
  }

  /** The rates of a cluster of which nothing is known but the threads of a rank. */
  public static ClusterRates defaults(int threadsPerRank) {
    return of(
        DEFAULT_TERAFLOPS_PER_THREAD * threadsPerRank,
        DEFAULT_GIGABYTES_PER_SECOND,
        DEFAULT_MICROSECONDS);
  }

  /** The seconds of an exchange in which every rank sends and receives at once. */
  double seconds(Flow flow) {
    return Math.max(flow.sentBytes(), flow.receivedBytes()) / bytesPerSecond
        + flow.sentMessages() * secondsPerMessage;
  }

  private static void requirePositive(String name, double value) {
    if (!Double.isFinite(value) || value <= 0) {
      throw new IllegalArgumentException(
          "Invalid " + name + " " + value + ": must be a number above 0");
    }
  }
}
