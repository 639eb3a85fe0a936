package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class InPlaceReadsTest {

  private final ByteBuffer memory = ByteBuffer.allocateDirect(100);

  @Test
  void whatIsReadNextGoesToTheMemoryThatWaitsForIt() {
    InPlaceReads reads = InPlaceReads.unencrypted();
    reads.into(memory.position(40).limit(60));

    read(reads).writeBytes(new byte[] {1, 2, 3}).release();

    assertThat(memory.get(39)).isZero();
    assertThat(memory.get(40)).isEqualTo((byte) 1);
    assertThat(memory.get(42)).isEqualTo((byte) 3);
    assertThat(read(reads).maxWritableBytes()).as("room until the message's end").isEqualTo(20);
  }

  @Test
  void otherThingsAreReadElsewhere() {
    InPlaceReads reads = InPlaceReads.unencrypted();
    reads.into(memory.limit(60));
    reads.usual();

    ByteBuf buffer = read(reads);

    assertThat(buffer.memoryAddress()).isNotEqualTo(address(memory));
    buffer.release();
  }

  @Test
  void encryptedBytesAreNotReadToWhereTheirTextBelongs() {
    InPlaceReads reads = InPlaceReads.never();
    reads.into(memory);

    ByteBuf buffer = read(reads);

    assertThat(buffer.memoryAddress()).isNotEqualTo(address(memory));
    buffer.release();
  }

  @Test
  void aBufferIsKnownByItsMemory() {
    assertThat(InPlaceReads.sameMemory(memory.slice(10, 5), memory.duplicate().position(10)))
        .isTrue();
    assertThat(InPlaceReads.sameMemory(memory.slice(10, 5), memory)).isFalse();
    assertThat(InPlaceReads.sameMemory(ByteBuffer.allocate(5), memory)).isFalse();
  }

  private static long address(ByteBuffer memory) {
    return Unpooled.wrappedBuffer(memory).memoryAddress();
  }

  @SuppressWarnings("deprecation") // of newHandle
  private static ByteBuf read(InPlaceReads reads) {
    return reads.newHandle().allocate(UnpooledByteBufAllocator.DEFAULT);
  }
}
