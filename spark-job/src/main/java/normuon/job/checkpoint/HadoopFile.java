package normuon.job.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import normuon.model.hub.ModelFolder;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * A file of any Hadoop file system, read at positions.
 *
 * @param stream the open file
 * @param size its bytes
 * @param pieces what bytes pass through, for the thread that reads
 */
record HadoopFile(FSDataInputStream stream, long size, PieceBuffer pieces)
    implements ModelFolder.OpenFile {

  @Override
  public void read(long position, ByteBuffer destination) throws IOException {
    // Not every file system reads into direct memory at a position.
    byte[] piece = pieces.of(destination.remaining());
    long next = position;
    while (destination.hasRemaining()) {
      int length = Math.min(piece.length, destination.remaining());
      stream.readFully(next, piece, 0, length);
      destination.put(piece, 0, length);
      next += length;
    }
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
