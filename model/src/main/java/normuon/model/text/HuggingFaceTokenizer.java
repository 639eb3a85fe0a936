package normuon.model.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Any tokenizer of the Hugging Face library, by its file {@code tokenizer.json}. Its special tokens
 * are not looked for in texts, and none is added to them; the end of text is the first of {@link
 * #ENDS_OF_TEXT} that the file has.
 */
public final class HuggingFaceTokenizer implements Tokenizer {

  /** The name in the configuration. */
  public static final String NAME = "hugging_face";

  /** The names under which published tokenizers have a token that ends a document. */
  static final List<String> ENDS_OF_TEXT =
      List.of("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "[SEP]");

  private final String json;
  private final String withoutSpecialTokens;
  private final Map<Integer, String> specialTokens;
  private final int vocabularySize;
  private final OptionalInt endOfText;

  private HuggingFaceTokenizer(
      String json,
      String withoutSpecialTokens,
      Map<Integer, String> specialTokens,
      int vocabularySize,
      OptionalInt endOfText) {
    this.json = json;
    this.withoutSpecialTokens = withoutSpecialTokens;
    this.specialTokens = specialTokens;
    this.vocabularySize = vocabularySize;
    this.endOfText = endOfText;
  }

  /** What a file says of its tokens. */
  private record Contents(
      JsonObject withoutSpecialTokens, Map<String, Integer> tokens, Map<Integer, String> special) {}

  /**
   * The tokenizer of a file's content.
   *
   * @throws IllegalArgumentException if it is no such file
   */
  public static HuggingFaceTokenizer ofJson(String json) {
    Contents file = read(json);
    Map<String, Integer> tokens = file.tokens();
    int size = tokens.values().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1;
    return new HuggingFaceTokenizer(
        json, file.withoutSpecialTokens().toString(), file.special(), size, endOfText(tokens));
  }

  /**
   * The number of each token of a file, special ones included.
   *
   * @throws IllegalArgumentException if it is no such file
   */
  static Map<String, Integer> vocabulary(String json) {
    return read(json).tokens();
  }

  private static Contents read(String json) {
    try {
      JsonObject file = JsonParser.parseString(json).getAsJsonObject();
      Map<String, Integer> tokens = new TreeMap<>();
      readVocabulary(file.getAsJsonObject("model").get("vocab"), tokens);
      Map<Integer, String> special = takeSpecialTokens(file, tokens);
      return new Contents(file, tokens, special);
    } catch (JsonParseException
        | ArithmeticException
        | ClassCastException
        | IllegalArgumentException
        | IllegalStateException
        | IndexOutOfBoundsException
        | NullPointerException
        | UnsupportedOperationException malformed) {
      throw new IllegalArgumentException(
          "Invalid tokenizer.json: must have tokens in model.vocab and added_tokens (%s)"
              .formatted(malformed.getMessage()),
          malformed);
    }
  }

  /** One less than 2^31 - 1 at most, so that the size of a vocabulary is an int. */
  private static int token(JsonElement number, String text) {
    int token = number.getAsBigDecimal().intValueExact();
    if (token < 0 || token == Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "token '%s' has the number %d, must be at least 0 and below %d"
              .formatted(text, token, Integer.MAX_VALUE));
    }
    return token;
  }

  /** Adds the tokens of the model: a map to numbers, or a list of pairs of token and score. */
  private static void readVocabulary(JsonElement vocabulary, Map<String, Integer> tokens) {
    if (vocabulary.isJsonArray()) {
      for (JsonElement entry : vocabulary.getAsJsonArray()) {
        tokens.putIfAbsent(entry.getAsJsonArray().get(0).getAsString(), tokens.size());
      }
    } else {
      vocabulary
          .getAsJsonObject()
          .entrySet()
          .forEach(entry -> tokens.put(entry.getKey(), token(entry.getValue(), entry.getKey())));
    }
  }

  /** Adds the added tokens, and takes out of the file those that are special. */
  private static Map<Integer, String> takeSpecialTokens(
      JsonObject file, Map<String, Integer> tokens) {
    Map<Integer, String> special = new TreeMap<>();
    JsonArray ordinary = new JsonArray();
    if (file.has("added_tokens") && file.get("added_tokens").isJsonArray()) {
      for (JsonElement element : file.getAsJsonArray("added_tokens")) {
        JsonObject added = element.getAsJsonObject();
        String content = added.get("content").getAsString();
        int token = token(added.get("id"), content);
        tokens.put(content, token);
        if (added.has("special") && added.get("special").getAsBoolean()) {
          special.put(token, content);
        } else {
          ordinary.add(added);
        }
      }
    }
    file.add("added_tokens", ordinary);
    return special;
  }

  private static OptionalInt endOfText(Map<String, Integer> tokens) {
    return ENDS_OF_TEXT.stream().filter(tokens::containsKey).mapToInt(tokens::get).findFirst();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public OptionalInt endOfText() {
    return endOfText;
  }

  @Override
  public int[] encode(String text) {
    long[] tokens = NativeTokenizers.of(withoutSpecialTokens).encode(text, false, false).getIds();
    int[] encoded = new int[tokens.length];
    for (int i = 0; i < encoded.length; i++) {
      encoded[i] = (int) tokens[i];
    }
    return encoded;
  }

  /** A file may say that a text is treated in another way at its start, or has no word limits. */
  @Override
  public boolean mayBeCut() {
    return false;
  }

  @Override
  public String decode(int... tokens) {
    StringBuilder text = new StringBuilder();
    int start = 0;
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] < 0 || tokens[i] >= vocabularySize) {
        throw VocabularyHash.unknownToken(NAME, tokens[i], vocabularySize);
      }
      String special = specialTokens.get(tokens[i]);
      if (special != null) {
        text.append(decode(tokens, start, i)).append(special);
        start = i + 1;
      }
    }
    return text.append(decode(tokens, start, tokens.length)).toString();
  }

  private String decode(int[] tokens, int start, int end) {
    long[] range = new long[end - start];
    for (int i = 0; i < range.length; i++) {
      range[i] = tokens[start + i];
    }
    return range.length == 0 ? "" : NativeTokenizers.of(withoutSpecialTokens).decode(range, false);
  }

  @Override
  public TokenizerDescription description() {
    return new TokenizerDescription(NAME, json);
  }

  @Override
  public String sha256() {
    MessageDigest digest = VocabularyHash.sha256();
    return HexFormat.of().formatHex(digest.digest(json.getBytes(StandardCharsets.UTF_8)));
  }
}
