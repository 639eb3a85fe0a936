package normuon.job.plan;

/**
 * What one rank exchanges in one operation of a step.
 *
 * @param sentBytes bytes that it sends, without headers
 * @param receivedBytes bytes that it receives, without headers
 * @param sentMessages messages that it sends
 */
public record Flow(long sentBytes, long receivedBytes, long sentMessages) {

  static final Flow NONE = new Flow(0, 0, 0);

  Flow plus(Flow other) {
    return new Flow(
        sentBytes + other.sentBytes,
        receivedBytes + other.receivedBytes,
        sentMessages + other.sentMessages);
  }

  /** The larger of each number. */
  Flow most(Flow other) {
    return new Flow(
        Math.max(sentBytes, other.sentBytes),
        Math.max(receivedBytes, other.receivedBytes),
        Math.max(sentMessages, other.sentMessages));
  }
}
