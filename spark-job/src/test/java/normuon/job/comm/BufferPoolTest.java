package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BufferPoolTest {

  private final BufferPool pool = new BufferPool();

  @ParameterizedTest(name = "{0} bytes take a buffer of {1}")
  @CsvSource({
    "0, 256",
    "256, 256",
    "257, 320",
    "320, 320",
    "321, 384",
    "449, 512",
    "1024, 1024",
    "1025, 1280",
    "4194304, 4194304",
    "1073741824, 1073741824"
  })
  void roundsLengthsUpToAQuarterOfAPowerOfTwo(int length, int capacity) {
    assertThat(BufferPool.capacity(length)).isEqualTo(capacity);
  }

  @Test
  void usesABufferAgainOnceItsLastHolderReleasesIt() {
    PooledBuffer buffer = pool.acquire(1000);
    buffer.retain(1);
    buffer.release();
    pool.acquire(1000);
    assertThat(pool.allocatedBytes()).isEqualTo(2048);

    buffer.release();
    assertThat(pool.acquire(1010).length()).isEqualTo(1010);
    assertThat(pool.allocatedBytes()).isEqualTo(2048);
  }

  @Test
  void freesEverythingOnceClosed() {
    PooledBuffer idle = pool.acquire(5);
    PooledBuffer used = pool.acquire(5);
    idle.release();

    pool.close();
    assertThat(pool.allocatedBytes()).isEqualTo(256);

    used.release();
    assertThat(pool.allocatedBytes()).isZero();
  }

  @Test
  void noticesABufferThatIsReleasedTwice() {
    PooledBuffer buffer = pool.acquire(5);
    buffer.release();

    assertThatThrownBy(buffer::release)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot release a buffer that nobody holds");
  }
}
