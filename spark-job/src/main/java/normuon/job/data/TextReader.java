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

/**
 * Reads UTF-8 text of any size piece by piece, and stops at the first malformed byte.
 *
 * <p>Pieces end where tokenizing the pieces one by one gives the tokens of the whole: before a
 * space or line feed that follows a printable ASCII character, since no token of any tokenizer
 * reaches across that boundary. Text that goes on for {@value #LONGEST} characters without one is
 * cut there.
 */
public final class TextReader implements Closeable {

  /** The length of a piece that has no boundary. */
  static final int LONGEST = 1 << 20;

  private static final int BUFFER = 1 << 16;

  private final InputStream in;
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

  /** Reads a stream of bytes. */
  public TextReader(InputStream in) {
    this.in = in;
  }

  /**
   * The next piece; empty at the end of the text.
   *
   * @throws MalformedTextException at a byte that is not UTF-8
   */
  public String next() throws IOException {
    while (decode()) {
      int boundary = lastBoundary(waiting);
      if (boundary > 0) {
        return take(boundary);
      }
      if (waiting.length() >= LONGEST) {
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

  @Override
  public void close() throws IOException {
    in.close();
  }
}
