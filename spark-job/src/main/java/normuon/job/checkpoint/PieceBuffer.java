package normuon.job.checkpoint;

/**
 * Memory that bytes pass through on their way out of files; one serves all files that a thread
 * reads.
 */
final class PieceBuffer {

  private static final int LARGEST = 1 << 20;

  private byte[] bytes = new byte[0];

  /**
   * An array for the next bytes, whose content is the caller's until somebody asks again.
   *
   * @param wanted how many bytes there are; the array may be smaller, but is not empty
   */
  byte[] of(int wanted) {
    int size = Math.min(LARGEST, Math.max(1, wanted));
    if (bytes.length < size) {
      bytes = new byte[size];
    }
    return bytes;
  }
}
