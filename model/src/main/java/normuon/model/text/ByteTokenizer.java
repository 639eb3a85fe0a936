package normuon.model.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/** The 256 bytes of UTF-8 text as tokens 0 to 255, and the end of text as token 256. */
public final class ByteTokenizer implements Tokenizer {

  static final String NAME = "byte";

  private static final int BYTES = 256;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int vocabularySize() {
    return BYTES + 1;
  }

  @Override
  public OptionalInt endOfText() {
    return OptionalInt.of(BYTES);
  }

  @Override
  public int[] encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] tokens = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      tokens[i] = Byte.toUnsignedInt(bytes[i]);
    }
    return tokens;
  }

  @Override
  public String decode(int... tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(tokens.length);
    for (int token : tokens) {
      requireToken(token);
      bytes.writeBytes(bytesOf(token));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** One for each token: a character may be cut, and what is decoded would be U+FFFD. */
  @Override
  public long textBytes(int... tokens) {
    long bytes = 0;
    for (int token : tokens) {
      requireToken(token);
      bytes += token == BYTES ? 0 : 1;
    }
    return bytes;
  }

  private void requireToken(int token) {
    if (token < 0 || token > BYTES) {
      throw VocabularyHash.unknownToken(NAME, token, vocabularySize());
    }
  }

  @Override
  public TokenizerDescription description() {
    return new TokenizerDescription(NAME, "");
  }

  @Override
  public String sha256() {
    return VocabularyHash.of(vocabularySize(), ByteTokenizer::bytesOf);
  }

  static byte[] bytesOf(int token) {
    return token == BYTES
        ? END_OF_TEXT.getBytes(StandardCharsets.UTF_8)
        : new byte[] {(byte) token};
  }
}
