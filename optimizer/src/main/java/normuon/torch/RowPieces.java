package normuon.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Fills rows of arrays a few megabytes at a time: in place where Java reaches their memory, by way
 * of one piece in host memory where they are on a GPU. Whatever the size of an array, no copy of it
 * is made.
 */
public final class RowPieces {

  /** So many bytes make a piece; a row may be longer. */
  public static final int BYTES = 4 << 20;

  private RowPieces() {}

  /** Where rows come from. */
  @FunctionalInterface
  public interface Source {

    /**
     * Reads consecutive rows.
     *
     * @param start the first row
     * @param end the row after the last one
     * @param destination receives the bytes, little-endian; as many remain in it as the rows have
     */
    void read(long start, long end, ByteBuffer destination) throws IOException;
  }

  /**
   * Fills rows of an array.
   *
   * @param array contiguous, of any type and device; at most 2 GiB in host memory
   * @param firstRow the row of the array that receives the first one
   * @param start the first row to read
   * @param end the row after the last one; may be the first one, where there is nothing to read
   * @param source is asked for the rows in order, a piece at a time
   */
  public static void fill(NDArray array, long firstRow, long start, long end, Source source)
      throws IOException {
    if (start == end) {
      return;
    }
    long columns = array.size() / array.getShape().get(0);
    long rowBytes = columns * array.getDataType().getNumOfBytes();
    long pieceRows = Math.min(end - start, Math.max(1, BYTES / Math.max(1, rowBytes)));
    boolean onHost = HostBuffers.onHost(array);
    try (NDManager host = TorchRuntime.newManager();
        SharedMemory memory =
            SharedMemory.of(
                onHost
                    ? array
                    : host.create(new Shape(pieceRows * columns), array.getDataType()))) {
      for (long row = start; row < end; ) {
        long next = Math.min(end, row + pieceRows);
        long first = (firstRow + row - start) * columns;
        long length = (next - row) * columns;
        long offset = onHost ? first : 0;
        ByteBuffer piece = memory.elements(offset, offset + length).order(ByteOrder.LITTLE_ENDIAN);
        source.read(row, next, piece);
        if (!onHost) {
          HostBuffers.write(piece.flip(), array, first, first + length);
        }
        row = next;
      }
    }
  }
}
