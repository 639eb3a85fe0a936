package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import normuon.job.config.InvalidConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenShardTest {

  @TempDir private Path folder;

  @Test
  void aFileWrittenByteByByteIsRead() throws IOException {
    byte[] bytes = new byte[1024 + 6];
    // 20240520 = 0x0134d888, version 1, three tokens.
    System.arraycopy(
        new byte[] {(byte) 0x88, (byte) 0xd8, 0x34, 0x01, 1, 0, 0, 0, 3, 0, 0, 0}, 0, bytes, 0, 12);
    System.arraycopy(
        new byte[] {0x01, 0x00, 0x50, (byte) 0xc4, (byte) 0xff, (byte) 0xff}, 0, bytes, 1024, 6);

    assertThat(tokens(bytes)).containsExactly(1, 50_256, 65_535);
  }

  @Test
  void wideTokensAreUnsigned() throws IOException {
    byte[] bytes = TestTokens.shard(20_240_801, 7, 4, 1, 65_536, 128_255, 0xffff_fffeL);
    // 20240801 = 0x0134d9a1.
    assertThat(Arrays.copyOf(bytes, 8))
        .containsExactly((byte) 0xa1, (byte) 0xd9, 0x34, 0x01, 7, 0, 0, 0);

    assertThat(tokens(bytes)).containsExactly(1, 65_536, 128_255, 0xffff_fffeL);
  }

  @Test
  void headersAreWrittenAsTheFormatSays() {
    assertThat(new ShardHeader(TokenWidth.UINT16, 3).toBytes())
        .isEqualTo(Arrays.copyOf(TestTokens.shard(20_240_520, 1, 2, 0, 0, 0), 1024));
    assertThat(new ShardHeader(TokenWidth.UINT32, 2).toBytes())
        .isEqualTo(Arrays.copyOf(TestTokens.shard(20_240_801, 7, 4, 0, 0), 1024));
  }

  @Test
  void theNarrowFormIsForTokensUpTo65535() {
    assertThat(TokenWidth.of(50_257)).isEqualTo(TokenWidth.UINT16);
    assertThat(TokenWidth.of(65_536)).isEqualTo(TokenWidth.UINT16);
    assertThat(TokenWidth.of(65_537)).isEqualTo(TokenWidth.UINT32);
  }

  @Test
  void malformedShardsAreRefused() {
    byte[] good = TestTokens.shard(20_240_520, 1, 2, 1, 2, 3);

    assertRefused(Arrays.copyOf(good, 1000), "it has 1000 bytes; a header alone has 1024");
    assertRefused(
        TestTokens.shard(42, 1, 2, 1),
        "magic number 42; must be 20240520 (uint16) or 20240801 (uint32)");
    assertRefused(TestTokens.shard(20_240_520, 2, 2, 1), "version 2; must be 1");
    assertRefused(TestTokens.shard(20_240_801, 1, 4, 1), "version 1; must be 7");
    assertRefused(
        Arrays.copyOf(good, 1028),
        "its header says 3 tokens of 2 bytes, which make 1030 bytes, but it has 1028");
    assertRefused(
        Arrays.copyOf(good, 1032),
        "its header says 3 tokens of 2 bytes, which make 1030 bytes, but it has 1032");
  }

  @Test
  void aSplitReadsAcrossItsShards() throws IOException {
    TokenSplit split =
        new TokenSplit(List.of(shard(0, 1, 2), shard(), shard(3), shard(4, 5, 6, 7), shard()));
    long[] all = {0, 1, 2, 3, 4, 5, 6, 7};

    assertThat(split.tokens()).isEqualTo(8);
    for (int from = 0; from <= 8; from++) {
      for (int to = from; to <= 8; to++) {
        LongBuffer target = LongBuffer.allocate(to - from);
        split.copyTokens(from, to - from, target);

        assertThat(target.array()).containsExactly(Arrays.copyOfRange(all, from, to));
      }
    }
  }

  @Test
  void positionsOutsideOfASplitAreRefused() throws IOException {
    TokenSplit split = new TokenSplit(List.of(shard(0, 1, 2)));

    assertThatThrownBy(() -> split.copyTokens(2, 2, LongBuffer.allocate(2)))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("Invalid range of 2 tokens at 2: the split has 3");
    assertThatThrownBy(() -> split.copyTokens(-1, 1, LongBuffer.allocate(2)))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private TokenShard shard(long... tokens) throws IOException {
    Path file = Files.createTempFile(folder, "shard", ".bin");
    Files.write(file, TestTokens.shard(20_240_520, 1, 2, tokens));
    return TokenShard.map(file);
  }

  private long[] tokens(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("shard.bin"), bytes);
    return TestTokens.all(new TokenSplit(List.of(TokenShard.map(file))));
  }

  private void assertRefused(byte[] bytes, String reason) {
    assertThatThrownBy(() -> tokens(bytes))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage("Invalid token shard " + folder.resolve("shard.bin") + ": " + reason);
  }
}
