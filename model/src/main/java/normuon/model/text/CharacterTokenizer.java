package normuon.model.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * One token per character (Unicode code point) of a corpus and no others: the index in the sorted
 * list of the corpus's distinct characters.
 */
public final class CharacterTokenizer implements Tokenizer {

  /** The name in the configuration. */
  public static final String NAME = "char";

  private final int[] characters;

  private CharacterTokenizer(int[] characters) {
    this.characters = characters;
  }

  /**
   * The tokenizer of a text's distinct characters.
   *
   * @throws IllegalArgumentException if the text is empty or holds half a surrogate pair
   */
  public static CharacterTokenizer ofText(String text) {
    return checked(text.codePoints().sorted().distinct().toArray());
  }

  /**
   * The tokenizer of a stored vocabulary.
   *
   * @param characters distinct characters in ascending order
   * @throws IllegalArgumentException if they are not distinct and ascending, or there are none
   */
  public static CharacterTokenizer ofVocabulary(String characters) {
    int[] codePoints = characters.codePoints().toArray();
    for (int i = 1; i < codePoints.length; i++) {
      if (codePoints[i] <= codePoints[i - 1]) {
        throw new IllegalArgumentException(
            "Invalid vocabulary of tokenizer 'char': %s follows %s; must be distinct and ascending"
                .formatted(named(codePoints[i]), named(codePoints[i - 1])));
      }
    }
    return checked(codePoints);
  }

  private static CharacterTokenizer checked(int[] codePoints) {
    if (codePoints.length == 0) {
      throw new IllegalArgumentException(
          "Invalid vocabulary of tokenizer 'char': must have at least one character");
    }
    for (int codePoint : codePoints) {
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        throw new IllegalArgumentException(
            "Invalid vocabulary of tokenizer 'char': %s is half of a character"
                .formatted(named(codePoint)));
      }
    }
    return new CharacterTokenizer(codePoints);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int vocabularySize() {
    return characters.length;
  }

  @Override
  public OptionalInt endOfText() {
    return OptionalInt.empty();
  }

  @Override
  public int[] encode(String text) {
    return text.codePoints().map(this::tokenOf).toArray();
  }

  private int tokenOf(int codePoint) {
    int token = Arrays.binarySearch(characters, codePoint);
    if (token < 0) {
      throw new IllegalArgumentException(
          "Cannot encode %s: it is not among the %d characters of tokenizer 'char'"
              .formatted(named(codePoint), characters.length));
    }
    return token;
  }

  @Override
  public String decode(int... tokens) {
    StringBuilder text = new StringBuilder(tokens.length);
    for (int token : tokens) {
      if (token < 0 || token >= characters.length) {
        throw VocabularyHash.unknownToken(NAME, token, characters.length);
      }
      text.appendCodePoint(characters[token]);
    }
    return text.toString();
  }

  @Override
  public TokenizerDescription description() {
    return new TokenizerDescription(NAME, new String(characters, 0, characters.length));
  }

  @Override
  public String sha256() {
    return VocabularyHash.of(
        characters.length,
        token -> Character.toString(characters[token]).getBytes(StandardCharsets.UTF_8));
  }

  private static String named(int codePoint) {
    return Character.isISOControl(codePoint)
            || Character.isWhitespace(codePoint)
            || Character.getType(codePoint) == Character.SURROGATE
        ? "character U+%04X".formatted(codePoint)
        : "character '%s' (U+%04X)".formatted(Character.toString(codePoint), codePoint);
  }
}
