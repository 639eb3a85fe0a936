package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever bytes strangers send, ranks go on and take no more memory. */
class RandomFramesTest {

  private static final int FRAMES = 10_000;
  private static final int FRAME_LENGTH_BYTES = Long.BYTES;
  private static final long MEGABYTE = 1 << 20;
  private static final Shape SHAPE = new Shape(100, 1000);
  private static final String SPARK_NETWORK = "org.apache.spark.network";

  private final Random random = new Random(20);
  private final Ranks ranks =
      Ranks.connect(2, new CommunicationOptions(Duration.ofSeconds(60), MEGABYTE), () -> false);

  /** Each frame would be an error in the log, with its stack. */
  @BeforeEach
  void silenceSpark() {
    Configurator.setLevel(SPARK_NETWORK, Level.OFF);
    Configurator.setLevel(MessageHandler.class, Level.OFF);
    Configurator.setLevel(StrangerLimit.class, Level.OFF);
  }

  @AfterEach
  void close() {
    ranks.close();
    Configurator.reconfigure();
  }

  @Test
  void tenThousandFramesOfAStrangerDisturbNothing() {
    exchange(20);
    long buffers = ranks.get(0).bufferBytes();
    long direct = PlatformDependent.usedDirectMemory();

    CompletableFuture<Void> sending = CompletableFuture.runAsync(this::sendFrames);
    int exchanges = 0;
    while (!sending.isDone()) {
      exchange(20);
      exchanges += 20;
    }
    exchange(20);

    sending.join();
    assertThat(exchanges).as("exchanges meanwhile").isPositive();
    assertThat(ranks.get(0).bufferBytes() - buffers).as("buffers").isLessThan(MEGABYTE);
    assertThat(PlatformDependent.usedDirectMemory() - direct)
        .as("bytes outside the heap")
        .isLessThan(64 * MEGABYTE);
  }

  @Test
  void aStrangerThatAnnouncesALongFrameIsNotReadToItsEnd() {
    byte[] piece = new byte[(int) MEGABYTE];
    long[] sent = {0};

    assertThatThrownBy(
            () -> {
              try (Socket stranger = new Socket("127.0.0.1", ranks.address(0).port())) {
                OutputStream stream = stranger.getOutputStream();
                stream.write(announced(Integer.MAX_VALUE - 1).array());
                for (; sent[0] < 1024 * MEGABYTE; sent[0] += piece.length) {
                  stream.write(piece);
                }
              }
            })
        .as("after %d bytes", sent[0])
        .isInstanceOf(IOException.class);

    exchange(2);
    assertThat(sent[0]).as("bytes, most of them in the sockets").isLessThan(64 * MEGABYTE);
  }

  /** An all-reduce and a broadcast, with the right results on both ranks. */
  private void exchange(int times) {
    List<Boolean> correct =
        ranks.run(
            (collectives, manager) -> {
              NDArray array = manager.full(SHAPE, 1f + collectives.rank());
              boolean all = true;
              for (int i = 0; i < times; i++) {
                all &= collectives.allReduce(1 + collectives.rank())[0] == 3;
                collectives.broadcast(i % 2, new NDList(array)).await();
                collectives.allReduce(0);
              }
              return all && array.max().getFloat() == 1f && array.min().getFloat() == 1f;
            });
    assertThat(correct).containsOnly(true);
  }

  /** Sends each frame on a connection of its own, and waits until the rank has closed that. */
  private void sendFrames() {
    try {
      for (int i = 0; i < FRAMES; i++) {
        try (Socket stranger = new Socket("127.0.0.1", ranks.address(0).port())) {
          stranger.setSoTimeout(20_000);
          sendAndAwaitTheEnd(stranger, frame().array());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void sendAndAwaitTheEnd(Socket stranger, byte[] frame) throws IOException {
    try {
      stranger.getOutputStream().write(frame);
      stranger.shutdownOutput();
      stranger.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (SocketException e) {
      // Closed with bytes unread: that is an end, too, and a time-out is not.
      assertThat(e).hasMessageMatching("Connection reset.*|Broken pipe.*");
    }
  }

  private ByteBuffer frame() {
    return switch (random.nextInt(6)) {
      case 0 -> randomBytes(1 + random.nextInt(300));
      case 1 -> frame(randomBytes(1 + random.nextInt(300)));
      case 2 -> frame(typed(random.nextInt(14), randomBytes(random.nextInt(300))));
      case 3 -> announced(random.nextLong());
      case 4 -> announced(1 + random.nextInt(Integer.MAX_VALUE));
      default -> frame(ourMessage());
    };
  }

  /** A length and some bytes, seldom as many. */
  private ByteBuffer announced(long length) {
    ByteBuffer bytes = randomBytes(random.nextInt(1000));
    return ByteBuffer.allocate(FRAME_LENGTH_BYTES + bytes.remaining())
        .putLong(length)
        .put(bytes)
        .flip();
  }

  /** A one-way message of Spark's, type 9, with a header of ours of any call, bucket and length. */
  private ByteBuffer ourMessage() {
    ByteBuffer header = new MessageHeader(call(), random.nextInt(), random.nextInt(100)).encode();
    ByteBuffer body = randomBytes(random.nextInt(100));
    ByteBuffer message = ByteBuffer.allocate(Integer.BYTES + header.remaining() + body.remaining());
    message.putInt(header.remaining() + body.remaining()).put(header).put(body).flip();
    return typed(9, message);
  }

  private Call call() {
    Operation[] operations = Operation.values();
    return new Call(
        operations[random.nextInt(operations.length)], random.nextInt(), random.nextLong());
  }

  private static ByteBuffer typed(int type, ByteBuffer message) {
    return ByteBuffer.allocate(1 + message.remaining()).put((byte) type).put(message).flip();
  }

  private static ByteBuffer frame(ByteBuffer body) {
    return ByteBuffer.allocate(FRAME_LENGTH_BYTES + body.remaining())
        .putLong(FRAME_LENGTH_BYTES + body.remaining())
        .put(body)
        .flip();
  }

  private ByteBuffer randomBytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }
}
