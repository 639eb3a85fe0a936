package normuon.model.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * A reversible map between text and tokens, which are integers from 0 to {@link #vocabularySize()}
 * - 1. Tokenizers are immutable and may be used by several threads at once.
 */
public interface Tokenizer {

  /** How the end-of-text token is written out by {@link #decode}. */
  String END_OF_TEXT = "<|endoftext|>";

  /**
   * The name in the configuration: {@code byte}, {@code char}, {@code gpt2} or {@code
   * hugging_face}.
   */
  String name();

  /** The number of tokens, special ones included. */
  int vocabularySize();

  /** The token that ends a document; empty if the vocabulary has none. */
  OptionalInt endOfText();

  /**
   * The token that a text may begin after: the end of another text, else the first token of a line
   * break, else the first of the vocabulary, which has neither.
   */
  default int beginning() {
    OptionalInt end = endOfText();
    if (end.isPresent()) {
      return end.getAsInt();
    }
    try {
      int[] lineBreak = encode("\n");
      return lineBreak.length == 0 ? 0 : lineBreak[0];
    } catch (IllegalArgumentException unknown) {
      return 0;
    }
  }

  /**
   * The tokens of a text. Nothing in the text is read as a special token.
   *
   * @throws IllegalArgumentException if the vocabulary lacks a character of the text; names it
   */
  int[] encode(String text);

  /**
   * Whether a text may be cut before a space or line feed that follows a printable character of
   * ASCII, so that the tokens of the pieces are those of the whole.
   */
  default boolean mayBeCut() {
    return true;
  }

  /**
   * The text of tokens. Bytes that are not valid UTF-8, such as a character cut in half, become
   * U+FFFD.
   *
   * @throws IllegalArgumentException if a token is not in the vocabulary
   */
  String decode(int... tokens);

  /**
   * How many bytes of UTF-8 the text of tokens has. The end of text is no text, and has none.
   *
   * @throws IllegalArgumentException if a token is not in the vocabulary
   */
  default long textBytes(int... tokens) {
    int end = endOfText().orElse(-1);
    int[] text = Arrays.stream(tokens).filter(token -> token != end).toArray();
    return decode(text).getBytes(StandardCharsets.UTF_8).length;
  }

  /** What {@link Tokenizers#of(TokenizerDescription)} needs to make this tokenizer again. */
  TokenizerDescription description();

  /**
   * The SHA-256 of the vocabulary, in lower-case hexadecimal digits: over all tokens in order, the
   * number of bytes as a big-endian int32, then the bytes. For {@code hugging_face}, over the file.
   */
  String sha256();
}
