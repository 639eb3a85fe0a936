package normuon.model.text;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.IntFunction;

/** The hash by which two runs know that they use the same tokens. */
final class VocabularyHash {

  private VocabularyHash() {}

  /** The value that {@link Tokenizer#sha256()} promises. */
  static String of(int vocabularySize, IntFunction<byte[]> bytesOf) {
    MessageDigest digest = sha256();
    for (int token = 0; token < vocabularySize; token++) {
      byte[] bytes = bytesOf.apply(token);
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot find SHA-256, which every Java platform has", e);
    }
  }

  static IllegalArgumentException unknownToken(String tokenizer, int token, int vocabularySize) {
    return new IllegalArgumentException(
        "Invalid token %d: tokenizer '%s' has tokens 0 to %d"
            .formatted(token, tokenizer, vocabularySize - 1));
  }
}
