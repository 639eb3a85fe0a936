package normuon.job.comm;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import normuon.torch.SharedMemory;

/**
 * A message that lies in the arrays themselves: it is sent from there, or written there as it
 * arrives, with no copy in between.
 */
final class SharedRows implements Payload {

  private final List<SharedMemory> memories;
  private final List<ByteBuffer> parts;
  private final int length;
  private final AtomicInteger holders = new AtomicInteger(1);

  /**
   * Creates the message.
   *
   * @param memories of the arrays; closed with the last release
   * @param parts what of them belongs to the message, in order
   */
  SharedRows(List<SharedMemory> memories, List<ByteBuffer> parts) {
    this.memories = memories;
    this.parts = parts;
    this.length = parts.stream().mapToInt(ByteBuffer::remaining).sum();
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public List<ByteBuffer> parts() {
    return parts.stream().map(ByteBuffer::duplicate).toList();
  }

  @Override
  public void retain(int more) {
    holders.addAndGet(more);
  }

  @Override
  public void release() {
    if (holders.decrementAndGet() == 0) {
      memories.forEach(SharedMemory::close);
    }
  }
}
