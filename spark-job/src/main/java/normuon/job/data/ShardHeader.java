package normuon.job.data;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import normuon.job.config.InvalidConfigurationException;

/**
 * The header of a token shard: 256 little-endian int32 words, of which the first three are the
 * magic number, the version and the number of tokens, and the others zero. The tokens follow.
 *
 * @param width how tokens are written
 * @param tokens the number of tokens
 */
public record ShardHeader(TokenWidth width, int tokens) implements Serializable {

  /** The size of a header. */
  static final int BYTES = 256 * Integer.BYTES;

  /** The size of the whole shard. */
  public long shardBytes() {
    return BYTES + (long) tokens * width.bytes();
  }

  /** The header as it is written. */
  byte[] toBytes() {
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(width.magic())
        .putInt(width.version())
        .putInt(tokens)
        .array();
  }

  /**
   * Reads a header.
   *
   * @param shard the beginning of the shard
   * @param shardBytes the size of the whole shard
   * @param name the shard in messages
   * @throws InvalidConfigurationException if this is no token shard, or its size is not what its
   *     header says
   */
  static ShardHeader read(ByteBuffer shard, long shardBytes, String name) {
    if (shardBytes < BYTES) {
      throw invalid(name, "it has %d bytes; a header alone has %d".formatted(shardBytes, BYTES));
    }
    ByteBuffer words = shard.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int magic = words.getInt(0);
    TokenWidth width =
        Arrays.stream(TokenWidth.values())
            .filter(candidate -> candidate.magic() == magic)
            .findFirst()
            .orElseThrow(
                () ->
                    invalid(
                        name,
                        "magic number %d; must be 20240520 (uint16) or 20240801 (uint32)"
                            .formatted(magic)));
    int version = words.getInt(Integer.BYTES);
    if (version != width.version()) {
      throw invalid(name, "version %d; must be %d".formatted(version, width.version()));
    }
    ShardHeader header = new ShardHeader(width, words.getInt(2 * Integer.BYTES));
    if (header.tokens < 0 || header.shardBytes() != shardBytes) {
      throw invalid(
          name,
          "its header says %d tokens of %d bytes, which make %d bytes, but it has %d"
              .formatted(header.tokens, width.bytes(), header.shardBytes(), shardBytes));
    }
    return header;
  }

  private static InvalidConfigurationException invalid(String name, String reason) {
    return new InvalidConfigurationException("Invalid token shard " + name + ": " + reason);
  }
}
