package normuon.model.hub;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory that one block of rows after another is held in, so that what streams through leaves
 * nothing behind for the collector.
 */
final class BlockBuffer {

  private ByteBuffer memory = ByteBuffer.allocate(0);

  /**
   * Room for a block, little-endian, from position 0 to the limit. The block before is overwritten.
   *
   * @param bytes the size of the block
   */
  ByteBuffer room(long bytes) {
    if (memory.capacity() < bytes) {
      memory = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    }
    return memory.clear().limit((int) bytes);
  }
}
