package normuon.job.data;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import normuon.job.config.InvalidConfigurationException;

/** A token shard mapped into memory: only the pages that are read are loaded. */
final class TokenShard {

  private final TokenWidth width;
  private final MappedByteBuffer bytes;
  private final int first;
  private final int tokens;

  private TokenShard(TokenWidth width, MappedByteBuffer bytes, int first, int tokens) {
    this.width = width;
    this.bytes = bytes;
    this.first = first;
    this.tokens = tokens;
  }

  /**
   * Maps a shard.
   *
   * @throws InvalidConfigurationException if the file is no token shard, or larger than 2 GiB
   */
  static TokenShard map(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size > Integer.MAX_VALUE) {
        throw new InvalidConfigurationException(
            "Invalid token shard %s: it has %d bytes; must be at most %d"
                .formatted(file, size, Integer.MAX_VALUE));
      }
      MappedByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size);
      bytes.order(ByteOrder.LITTLE_ENDIAN);
      ShardHeader header = ShardHeader.read(bytes, size, file.toString());
      return new TokenShard(header.width(), bytes, 0, header.tokens());
    }
  }

  /** The tokens [position, position + count) of this shard as a shard. */
  TokenShard range(int position, int count) {
    return new TokenShard(width, bytes, first + position, count);
  }

  /** The number of tokens. */
  int tokens() {
    return tokens;
  }

  /** Appends the tokens [position, position + count) to the target. */
  void copyTokens(int position, int count, LongBuffer target) {
    int offset = ShardHeader.BYTES + (first + position) * width.bytes();
    for (int i = 0; i < count; i++) {
      target.put(width.get(bytes, offset));
      offset += width.bytes();
    }
  }
}
