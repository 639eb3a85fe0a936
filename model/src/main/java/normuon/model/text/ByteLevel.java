package normuon.model.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Byte-pair encodings as Hugging Face writes them: each byte is a printable character, by the table
 * that GPT-2 began with, and a merge is a pair of such texts.
 */
final class ByteLevel {

  private static final int BYTES = 256;
  private static final String CHARACTERS = characters();

  private ByteLevel() {}

  /** Bytes that are printable in Latin-1 are themselves; the others follow from U+0100 on. */
  private static String characters() {
    StringBuilder characters = new StringBuilder(BYTES);
    char next = BYTES;
    for (char b = 0; b < BYTES; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= '¡' && b <= 'ÿ' && b != '\u00ad';
      characters.append(printable ? b : next++);
    }
    return characters.toString();
  }

  /**
   * The vocabulary by which each token is written.
   *
   * @param bytesOf the bytes of each token
   */
  static JsonObject vocabulary(int tokens, IntFunction<byte[]> bytesOf) {
    JsonObject vocabulary = new JsonObject();
    for (int token = 0; token < tokens; token++) {
      vocabulary.addProperty(text(bytesOf.apply(token)), token);
    }
    return vocabulary;
  }

  /**
   * The merges that make each token of more than a byte, in the order of the tokens: which two
   * tokens it comes from is found by encoding its bytes with the tokens before it.
   */
  static JsonArray merges(int tokens, IntFunction<byte[]> bytesOf) {
    Map<String, Integer> ranks = new HashMap<>();
    JsonArray merges = new JsonArray();
    for (int token = 0; token < tokens; token++) {
      byte[] bytes = bytesOf.apply(token);
      if (bytes.length > 1) {
        List<String> pair = encode(text(bytes), ranks);
        if (pair.size() != 2) {
          throw new IllegalStateException(
              "Cannot find the merge of token %d: it is %s".formatted(token, pair));
        }
        merges.add(pair.get(0) + " " + pair.get(1));
      }
      ranks.put(text(bytes), token);
    }
    return merges;
  }

  private static List<String> encode(String text, Map<String, Integer> ranks) {
    List<String> parts = new ArrayList<>(List.of(text.split("")));
    while (true) {
      int lowest = Integer.MAX_VALUE;
      int place = -1;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int rank = ranks.getOrDefault(parts.get(i) + parts.get(i + 1), Integer.MAX_VALUE);
        if (rank < lowest) {
          lowest = rank;
          place = i;
        }
      }
      if (place < 0) {
        return parts;
      }
      parts.set(place, parts.get(place) + parts.remove(place + 1));
    }
  }

  private static String text(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      text.append(CHARACTERS.charAt(Byte.toUnsignedInt(b)));
    }
    return text.toString();
  }

  /** The pre-tokenizer or decoder of this kind. */
  static JsonObject component(Words words) {
    JsonObject component = new JsonObject();
    component.addProperty("type", "ByteLevel");
    component.addProperty("add_prefix_space", false);
    component.addProperty("trim_offsets", true);
    component.addProperty("use_regex", words == Words.OF_GPT2);
    return component;
  }

  /** What text is cut into before merges. */
  enum Words {
    /** By GPT-2's pattern. */
    OF_GPT2,
    /** The whole text is one. */
    NONE
  }
}
