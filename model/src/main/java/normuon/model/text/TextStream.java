package normuon.model.text;

import java.util.Arrays;

/**
 * Turns tokens that come one by one into text as early as possible. A character whose bytes are in
 * several tokens is given with the last of them: the pieces together are what {@link
 * Tokenizer#decode} makes of all tokens.
 */
public final class TextStream {

  private static final char INCOMPLETE = '\uFFFD';

  /** A text that still is not valid after so many tokens is none, and is shown as it is. */
  private static final int LONGEST_WAIT = 64;

  private final Tokenizer tokenizer;

  /** What was given last, which may decide how the next token is written, and what was not. */
  private int[] tokens;

  private int given;

  /**
   * Creates a stream.
   *
   * @param tokenizer the tokenizer of the tokens
   * @param before the tokens before the first one, of whole characters; their text is not given
   */
  public TextStream(Tokenizer tokenizer, int... before) {
    this.tokenizer = tokenizer;
    this.tokens = before.clone();
    this.given = before.length;
  }

  /** Adds a token; gives the text that is complete with it, which may be empty. */
  public String add(int token) {
    tokens = Arrays.copyOf(tokens, tokens.length + 1);
    tokens[tokens.length - 1] = token;
    String text = newText();
    boolean isIncomplete = !text.isEmpty() && text.charAt(text.length() - 1) == INCOMPLETE;
    if (text.isEmpty() || isIncomplete && tokens.length - given < LONGEST_WAIT) {
      return "";
    }
    return give(text);
  }

  /** Gives what is left, complete or not. */
  public String end() {
    return give(newText());
  }

  private String newText() {
    String before = tokenizer.decode(Arrays.copyOf(tokens, given));
    String all = tokenizer.decode(tokens);
    return all.length() > before.length() ? all.substring(before.length()) : "";
  }

  private String give(String text) {
    tokens = Arrays.copyOfRange(tokens, given, tokens.length);
    given = tokens.length;
    return text;
  }
}
