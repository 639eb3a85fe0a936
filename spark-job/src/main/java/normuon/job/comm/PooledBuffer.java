package normuon.job.comm;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A buffer of a {@link BufferPool}, which gets it back when its last holder releases it. */
final class PooledBuffer implements Payload {

  private final BufferPool pool;
  private final ByteBuf memory;
  private final ByteBuffer bytes;
  private final AtomicInteger holders = new AtomicInteger(1);

  PooledBuffer(BufferPool pool, ByteBuf memory, int length) {
    this.pool = pool;
    this.memory = memory;
    this.bytes = memory.nioBuffer(0, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The bytes from first to last, little-endian, with a position of the caller's own. */
  ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public List<ByteBuffer> parts() {
    return List.of(bytes());
  }

  @Override
  public int length() {
    return bytes.capacity();
  }

  @Override
  public void retain(int more) {
    holders.addAndGet(more);
  }

  @Override
  public void release() {
    int left = holders.decrementAndGet();
    if (left == 0) {
      pool.giveBack(memory);
    } else if (left < 0) {
      throw new IllegalStateException("Cannot release a buffer that nobody holds");
    }
  }
}
