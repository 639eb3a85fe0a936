package normuon.model.hub;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import normuon.torch.ByteSource;

/** The files of one folder, on whatever file system it lies. */
public interface ModelFolder {

  /** A file that is open for reading. */
  interface OpenFile extends ByteSource, Closeable {}

  /** Whether there is a file of this name. */
  boolean has(String file) throws IOException;

  /** Opens a file that is there. */
  OpenFile open(String file) throws IOException;

  /** Creates a file, whose bytes are there once the stream is closed. */
  OutputStream create(String file) throws IOException;

  /**
   * The content of a small UTF-8 file.
   *
   * @param largest the most bytes that it may have
   */
  default String readText(String file, int largest) throws IOException {
    try (OpenFile open = open(file)) {
      if (open.size() > largest) {
        throw new InvalidModelException(
            "Invalid %s: it has %d bytes, must be at most %d"
                .formatted(file, open.size(), largest));
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) open.size());
      open.read(0, bytes);
      return new String(bytes.array(), StandardCharsets.UTF_8);
    }
  }

  /**
   * The content of a small UTF-8 file.
   *
   * @param in the file
   * @param file its name, for messages
   * @param largest the most bytes that it may have
   */
  static String readText(InputStream in, String file, int largest) throws IOException {
    byte[] bytes = in.readNBytes(largest + 1);
    if (bytes.length > largest) {
      throw new InvalidModelException(
          "Invalid %s: it has more than %d bytes".formatted(file, largest));
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Writes a whole UTF-8 file. */
  default void writeText(String file, String text) throws IOException {
    try (OutputStream out = create(file)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
