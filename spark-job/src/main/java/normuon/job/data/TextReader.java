package normuon.job.data;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.ToIntFunction;
import normuon.model.text.Tokenizer;

/**
 * Reads UTF-8 text of any size piece by piece, and stops at the first malformed byte.
 *
 * <p>Pieces end where tokenizing the pieces one by one gives the tokens of the whole: before a
 * space or line feed that follows a printable ASCII character, since no token of a tokenizer that
 * {@linkplain Tokenizer#mayBeCut() may be cut} reaches across that boundary. Text that goes on for
 * {@value #LONGEST} characters without one is cut there.
 *
 * <p>For other tokenizers a piece is a text of its own: the whole, or as many lines as come to
 * {@value #LONGEST} characters. It ends after a line feed, with or without a carriage return, that
 * stands between two characters which are no white space, as there the usual tokenizers have a
 * boundary too; where there is none, at the end of another line, as of a blank one, that is
 * followed by such a character; where there is none either, as for the others. Pieces depend on the
 * text alone.
 */
public final class TextReader implements Closeable {

  /** The length of a piece that has no boundary. */
  static final int LONGEST = 1 << 20;

  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final int shortest;
  private final ToIntFunction<CharSequence> boundary;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER).flip();
  private final CharBuffer characters = CharBuffer.allocate(BUFFER);
  private final StringBuilder waiting = new StringBuilder();
  private long consumed;
  private boolean ended;

  /** Reads a stream of bytes for a tokenizer that may be cut. */
  public TextReader(InputStream in) {
    this(in, 0, TextReader::lastBoundary);
  }

  /** Reads a stream of bytes; a text of at most so many characters is not cut. */
  private TextReader(InputStream in, int shortest, ToIntFunction<CharSequence> boundary) {
    this.in = in;
    this.shortest = shortest;
    this.boundary = boundary;
  }

  /** Reads a stream of bytes in the pieces that suit a tokenizer. */
  static TextReader of(InputStream in, Tokenizer tokenizer) {
    return tokenizer.mayBeCut()
        ? new TextReader(in)
        : new TextReader(in, LONGEST, TextReader::lastLine);
  }

  /**
   * The next piece; empty at the end of the text.
   *
   * @throws MalformedTextException at a byte that is not UTF-8
   */
  public String next() throws IOException {
    while (decode()) {
      int end = waiting.length() <= shortest ? 0 : boundary.applyAsInt(waiting);
      if (end > 0) {
        return take(end);
      }
      if (waiting.length() > LONGEST) {
        break;
      }
    }
    return take(waiting.length());
  }

  private String take(int length) {
    String piece = waiting.substring(0, length);
    waiting.delete(0, length);
    return piece;
  }

  /** Decodes a buffer of characters; false if there was none. Never ends inside a character. */
  private boolean decode() throws IOException {
    characters.clear();
    while (true) {
      CoderResult result = decoder.decode(bytes, characters, ended);
      if (result.isError()) {
        throw new MalformedTextException(consumed + bytes.position());
      }
      if (result.isOverflow() || ended) {
        characters.flip();
        waiting.append(characters);
        return characters.limit() > 0;
      }
      fill();
    }
  }

  private void fill() throws IOException {
    consumed += bytes.position();
    bytes.compact();
    int read = in.read(bytes.array(), bytes.position(), bytes.remaining());
    ended = read < 0;
    bytes.position(bytes.position() + Math.max(read, 0)).flip();
  }

  private static int lastBoundary(CharSequence text) {
    for (int i = text.length() - 1; i > 0; i--) {
      char before = text.charAt(i - 1);
      if ((text.charAt(i) == ' ' || text.charAt(i) == '\n') && before > ' ' && before <= '~') {
        return i;
      }
    }
    return 0;
  }

  private static int lastLine(CharSequence text) {
    int afterWhiteSpace = 0;
    for (int i = text.length() - 1; i > 1; i--) {
      if (text.charAt(i - 1) != '\n' || Character.isWhitespace(text.charAt(i))) {
        continue;
      }
      int before = i > 2 && text.charAt(i - 2) == '\r' ? i - 3 : i - 2;
      if (!Character.isWhitespace(text.charAt(before))) {
        return i;
      }
      afterWhiteSpace = Math.max(afterWhiteSpace, i);
    }
    return afterWhiteSpace > 0 ? afterWhiteSpace : lastBoundary(text);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
