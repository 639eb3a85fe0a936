package normuon.job.comm;

/**
 * What the transport of one rank has carried since the rank connected.
 *
 * @param bytesSent bytes of all messages sent, without headers
 * @param bytesReceived bytes of all messages received, without headers
 * @param sendingNanos time during which at least one message was on its way to a peer, in
 *     nanoseconds; a long message arrives when its peer says so, a short one when it has left
 */
public record Traffic(long bytesSent, long bytesReceived, long sendingNanos) {

  /** What was carried since an earlier moment of the same connection. */
  public Traffic since(Traffic earlier) {
    return new Traffic(
        bytesSent - earlier.bytesSent,
        bytesReceived - earlier.bytesReceived,
        sendingNanos - earlier.sendingNanos);
  }

  /** The rate of sending in megabytes (10^6 bytes) per second; NaN if nothing was sent. */
  public double megabytesPerSecond() {
    return sendingNanos == 0 ? Double.NaN : 1e3 * bytesSent / sendingNanos;
  }
}
