package normuon.job.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;

/** Token shards and what is in them. */
public final class TestTokens {

  private TestTokens() {}

  /** A shard written as the format description says, without the code under test. */
  static byte[] shard(int magic, int version, int bytesPerToken, long... tokens) {
    ByteBuffer bytes =
        ByteBuffer.allocate(1024 + tokens.length * bytesPerToken).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0, magic).putInt(4, version).putInt(8, tokens.length).position(1024);
    for (long token : tokens) {
      for (int i = 0; i < bytesPerToken; i++) {
        bytes.put((byte) (token >>> 8 * i));
      }
    }
    return bytes.array();
  }

  /** A split of one shard with these tokens. */
  public static TokenSplit split(Path folder, long... tokens) throws IOException {
    Path file = folder.resolve("split.bin");
    Files.write(file, shard(20_240_801, 7, 4, tokens));
    return new TokenSplit(List.of(TokenShard.map(file)));
  }

  /** A split of one shard in which every token is its own position. */
  static TokenSplit counting(Path folder, int tokens) throws IOException {
    Path file = folder.resolve("counting.bin");
    Files.write(file, shard(20_240_801, 7, 4, LongStream.range(0, tokens).toArray()));
    return new TokenSplit(List.of(TokenShard.map(file)));
  }

  /** All tokens of a split. */
  static long[] all(TokenSplit split) {
    long[] tokens = new long[(int) split.tokens()];
    split.copyTokens(0, tokens.length, LongBuffer.wrap(tokens));
    return tokens;
  }

  /** All tokens of a buffer. */
  static long[] all(LongBuffer buffer) {
    long[] tokens = new long[buffer.remaining()];
    buffer.duplicate().get(tokens);
    return tokens;
  }

  static TokenDataset open(Path tokens) throws IOException {
    return TokenDataset.open(tokens.toString(), new Configuration(), tokens.resolve("copies"));
  }

  /** The text of a split. */
  static String decoded(TokenDataset dataset, TokenSplit split) {
    return dataset
        .tokenizer()
        .decode(Arrays.stream(all(split)).mapToInt(token -> (int) token).toArray());
  }

  /** The bytes of the shards and the manifest of a directory, in the order of their names. */
  static byte[] bytes(Path tokens) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (var files = Files.list(tokens)) {
      for (Path file : files.sorted().toList()) {
        bytes.write((file.getFileName() + "\n").getBytes(StandardCharsets.UTF_8));
        bytes.write(Files.readAllBytes(file));
      }
    }
    return bytes.toByteArray();
  }
}
