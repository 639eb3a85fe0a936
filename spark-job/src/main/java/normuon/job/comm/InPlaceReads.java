package normuon.job.comm;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.nio.ByteBuffer;

/**
 * Decides for one connection what the network reads into: while a large message comes, its own
 * memory, so that nobody has to copy it there; else Netty's buffers, four times as large as by
 * default. Used by the connection's thread alone.
 */
@SuppressWarnings("deprecation") // of Handle, which Netty's own readers ask for all the same
final class InPlaceReads implements RecvByteBufAllocator {

  private static final int SMALLEST_READ = 64;
  private static final int FIRST_READ = 2 << 10;
  private static final int LARGEST_READ = 256 << 10;

  private final RecvByteBufAllocator usual =
      new AdaptiveRecvByteBufAllocator(SMALLEST_READ, FIRST_READ, LARGEST_READ);
  private final boolean unencrypted;
  private ByteBuffer place;

  private InPlaceReads(boolean unencrypted) {
    this.unencrypted = unencrypted;
  }

  /** For a connection on which bytes come as they were sent. */
  static InPlaceReads unencrypted() {
    return new InPlaceReads(true);
  }

  /** For a connection whose bytes pass through others' hands first. */
  static InPlaceReads never() {
    return new InPlaceReads(false);
  }

  /** Reads what comes next to direct memory, from its position to its limit at most. */
  void into(ByteBuffer memory) {
    place = unencrypted ? memory : null;
  }

  /** Reads what comes next to Netty's buffers. */
  void usual() {
    place = null;
  }

  /** Whether two buffers begin at the same byte of direct memory. */
  static boolean sameMemory(ByteBuffer one, ByteBuffer other) {
    ByteBuf first = Unpooled.wrappedBuffer(one);
    ByteBuf second = Unpooled.wrappedBuffer(other);
    return first.hasMemoryAddress()
        && second.hasMemoryAddress()
        && first.memoryAddress() == second.memoryAddress();
  }

  @Override
  public Handle newHandle() {
    return new Reads(usual.newHandle());
  }

  private final class Reads extends DelegatingHandle implements ExtendedHandle {

    private Reads(Handle usual) {
      super(usual);
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      return place == null || !place.hasRemaining()
          ? super.allocate(allocator)
          : Unpooled.wrappedBuffer(place).clear();
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier more) {
      return ((ExtendedHandle) delegate()).continueReading(more);
    }
  }
}
