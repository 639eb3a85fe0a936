package normuon.job.data;

import java.nio.ByteBuffer;

/**
 * How a token is written in a shard: the two forms of llm.c and modded-nanogpt, little-endian and
 * unsigned.
 */
public enum TokenWidth {
  /** Two bytes, for vocabularies whose last token is at most 65,535. */
  UINT16(20_240_520, 1, Short.BYTES),
  /** Four bytes, for the others. */
  UINT32(20_240_801, 7, Integer.BYTES);

  private final int magic;
  private final int version;
  private final int bytes;

  TokenWidth(int magic, int version, int bytes) {
    this.magic = magic;
    this.version = version;
    this.bytes = bytes;
  }

  /** The narrowest form that holds every token of a vocabulary. */
  public static TokenWidth of(int vocabularySize) {
    return vocabularySize - 1 <= 0xffff ? UINT16 : UINT32;
  }

  /** The first word of a shard of this form. */
  int magic() {
    return magic;
  }

  /** The second word of a shard of this form. */
  int version() {
    return version;
  }

  /** The number of bytes of a token. */
  int bytes() {
    return bytes;
  }

  /** Appends a token to a little-endian buffer. */
  void put(ByteBuffer target, int token) {
    if (this == UINT16) {
      target.putShort((short) token);
    } else {
      target.putInt(token);
    }
  }

  /** Reads the token at a byte offset of a little-endian buffer. */
  long get(ByteBuffer source, int offset) {
    return this == UINT16
        ? Short.toUnsignedLong(source.getShort(offset))
        : Integer.toUnsignedLong(source.getInt(offset));
  }
}
