package normuon.job.comm;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The first message on a connection: who calls whom. A connection that does not greet, or greets
 * for another attempt, is refused.
 *
 * @param attemptId the attempt the caller is in
 * @param worldSize the number of ranks the caller counts on
 * @param source the rank that calls
 * @param destination the rank it means to reach
 */
record Greeting(String attemptId, int worldSize, int source, int destination) {

  ByteBuffer encode() {
    byte[] attempt = attemptId.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(3 * Integer.BYTES + attempt.length)
        .putInt(worldSize)
        .putInt(source)
        .putInt(destination)
        .put(attempt)
        .flip();
  }

  static Greeting decode(ByteBuffer bytes) {
    if (bytes.remaining() < 3 * Integer.BYTES) {
      throw new IllegalArgumentException(
          "Invalid greeting of " + bytes.remaining() + " bytes: must be at least 12");
    }
    int worldSize = bytes.getInt();
    int source = bytes.getInt();
    int destination = bytes.getInt();
    String attemptId = StandardCharsets.UTF_8.decode(bytes).toString();
    return new Greeting(attemptId, worldSize, source, destination);
  }

  /** Why the rank that was called refuses; empty if it accepts. */
  String objection(Membership self) {
    if (!attemptId.equals(self.attemptId())) {
      return "Invalid attempt '" + attemptId + "': must be '" + self.attemptId() + "'";
    }
    if (worldSize != self.worldSize()) {
      return "Invalid world size " + worldSize + ": must be " + self.worldSize();
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
