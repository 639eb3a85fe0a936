package normuon.job.comm;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Direct buffers used again and again: a training step needs the same sizes every time, so that
 * nothing is allocated once it has run a few times. Safe for use by several threads.
 */
final class BufferPool implements AutoCloseable {

  private static final int SMALLEST = 1 << 8;

  private final Map<Integer, ArrayDeque<ByteBuf>> idle = new HashMap<>();
  private long allocatedBytes;
  private boolean closed;

  /** A buffer of the length given, held once. */
  PooledBuffer acquire(int length) {
    return new PooledBuffer(this, memory(capacity(length)), length);
  }

  private synchronized ByteBuf memory(int capacity) {
    ArrayDeque<ByteBuf> sameSize = idle.get(capacity);
    ByteBuf reused = sameSize == null ? null : sameSize.pollLast();
    if (reused != null) {
      return reused;
    }
    allocatedBytes += capacity;
    return UnpooledByteBufAllocator.DEFAULT.directBuffer(capacity, capacity);
  }

  /**
   * The length rounded up to one of four sizes between powers of two, so that different lengths
   * share buffers and at most a fifth of a buffer is never used.
   */
  static int capacity(int length) {
    if (length <= SMALLEST) {
      return SMALLEST;
    }
    int unit = Integer.highestOneBit(length - 1) >> 2;
    return (length + unit - 1) / unit * unit;
  }

  synchronized void giveBack(ByteBuf memory) {
    if (closed) {
      free(memory);
    } else {
      idle.computeIfAbsent(memory.capacity(), size -> new ArrayDeque<>()).addLast(memory);
    }
  }

  /** The bytes of all buffers, in use or idle. */
  synchronized long allocatedBytes() {
    return allocatedBytes;
  }

  /** Frees idle buffers now, and those in use when they are given back. */
  @Override
  public synchronized void close() {
    closed = true;
    idle.values().forEach(sameSize -> sameSize.forEach(this::free));
    idle.clear();
  }

  private void free(ByteBuf memory) {
    allocatedBytes -= memory.capacity();
    memory.release();
  }
}
