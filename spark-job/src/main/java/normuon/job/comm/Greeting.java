package normuon.job.comm;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The first message on a connection: who calls whom. A connection that does not greet, or greets
 * for another attempt, is refused.
 *
 * @param attemptId the attempt the caller is in
 * @param worldSize the number of ranks the caller counts on
 * @param groupSize how many of them, as the caller knows, divide parameters among themselves
 * @param source the rank that calls
 * @param destination the rank it means to reach
 */
record Greeting(String attemptId, int worldSize, int groupSize, int source, int destination) {

  private static final int NUMBERS_BYTES = 4 * Integer.BYTES;

  /** The greeting of a rank to a peer. */
  static Greeting of(Membership self, int destination) {
    return new Greeting(
        self.attemptId(), self.worldSize(), self.group().size(), self.rank(), destination);
  }

  ByteBuffer encode() {
    byte[] attempt = attemptId.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(NUMBERS_BYTES + attempt.length)
        .putInt(worldSize)
        .putInt(groupSize)
        .putInt(source)
        .putInt(destination)
        .put(attempt)
        .flip();
  }

  static Greeting decode(ByteBuffer bytes) {
    if (bytes.remaining() < NUMBERS_BYTES) {
      throw new IllegalArgumentException(
          "Invalid greeting of " + bytes.remaining() + " bytes: must be at least " + NUMBERS_BYTES);
    }
    int worldSize = bytes.getInt();
    int groupSize = bytes.getInt();
    int source = bytes.getInt();
    int destination = bytes.getInt();
    String attemptId = StandardCharsets.UTF_8.decode(bytes).toString();
    return new Greeting(attemptId, worldSize, groupSize, source, destination);
  }

  /** Why the rank that was called refuses; empty if it accepts. */
  String objection(Membership self) {
    if (!attemptId.equals(self.attemptId())) {
      return "Invalid attempt '" + attemptId + "': must be '" + self.attemptId() + "'";
    }
    if (worldSize != self.worldSize()) {
      return "Invalid world size " + worldSize + ": must be " + self.worldSize();
    }
    if (groupSize != self.group().size()) {
      return "Invalid shard group of "
          + groupSize
          + " ranks: must be of "
          + self.group().size()
          + " ranks";
    }
    if (destination != self.rank()) {
      return "Invalid destination rank " + destination + ": this is rank " + self.rank();
    }
    if (source < 0 || source >= worldSize || source == destination) {
      return "Invalid source rank " + source + ": must be another rank below " + worldSize;
    }
    return "";
  }
}
