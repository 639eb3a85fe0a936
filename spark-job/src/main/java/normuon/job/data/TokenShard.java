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

  private final ShardHeader header;
  private final MappedByteBuffer bytes;

  private TokenShard(ShardHeader header, MappedByteBuffer bytes) {
    this.header = header;
    this.bytes = bytes;
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
      return new TokenShard(ShardHeader.read(bytes, size, file.toString()), bytes);
    }
  }

  /** The number of tokens. */
  int tokens() {
    return header.tokens();
  }

  /** Appends the tokens [position, position + count) to the target. */
  void copyTokens(int position, int count, LongBuffer target) {
    TokenWidth width = header.width();
    int offset = ShardHeader.BYTES + position * width.bytes();
    for (int i = 0; i < count; i++) {
      target.put(width.get(bytes, offset));
      offset += width.bytes();
    }
  }
}
