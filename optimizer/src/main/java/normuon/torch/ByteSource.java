package normuon.torch;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Bytes that can be read at any position: a local file, or a file of any Hadoop file system. */
public interface ByteSource {

  /** The number of bytes. */
  long size() throws IOException;

  /**
   * Fills a buffer.
   *
   * @param position the first byte to read
   * @param destination receives as many bytes as remain in it
   * @throws EOFException if the source ends before
   */
  void read(long position, ByteBuffer destination) throws IOException;

  /** The bytes of an open file; closing it is the caller's. */
  static ByteSource of(FileChannel channel) {
    return new ByteSource() {
      @Override
      public long size() throws IOException {
        return channel.size();
      }

      @Override
      public void read(long position, ByteBuffer destination) throws IOException {
        long next = position;
        while (destination.hasRemaining()) {
          int count = channel.read(destination, next);
          if (count < 0) {
            throw new EOFException(
                "Cannot read byte " + next + ": the file has " + channel.size() + " bytes");
          }
          next += count;
        }
      }
    };
  }
}
