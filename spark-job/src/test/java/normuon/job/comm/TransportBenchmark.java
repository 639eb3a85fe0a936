package normuon.job.comm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CyclicBarrier;
import normuon.optimizer.shard.Transfer;
import org.junit.jupiter.api.Test;

/**
 * Measures the transport between two ranks of one process, and a plain pair of sockets in turn: the
 * rate of an exchange of 64 MB both ways at once, and the time of the small operations of a step.
 *
 * <p>Not part of the tests; {@code mvn test -pl spark-job -am -Dtest=TransportBenchmark
 * -Dsurefire.failIfNoSpecifiedTests=false} runs it and prints medians.
 */
class TransportBenchmark {

  private static final int MEGABYTES = 64;
  private static final int ROUNDS = 15;
  private static final int SMALL_ROUNDS = 1000;

  @Test
  void measure() throws IOException {
    try (Ranks ranks = Ranks.connect(2, CommunicationOptions.defaults(), () -> false);
        SocketPair sockets = new SocketPair()) {
      exchange(ranks, sockets);
      for (int repeat = 0; repeat < 2; repeat++) {
        print(repeat == 0 ? "Cold:" : "Warm:");
        small(ranks);
      }
      assertThat(ranks.get(0).traffic().bytesReceived())
          .isEqualTo(ranks.get(1).traffic().bytesSent());
    }
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  private static void exchange(Ranks ranks, SocketPair sockets) {
    List<Double> socket = new ArrayList<>();
    CyclicBarrier alternately = new CyclicBarrier(2, () -> socket.add(sockets.exchange()));
    List<double[]> transport =
        ranks.run(
            (collectives, manager) -> {
              NDArray[] arrays = {
                manager.ones(new Shape(MEGABYTES, 1 << 18)),
                manager.ones(new Shape(MEGABYTES, 1 << 18))
              };
              double[] rates = new double[ROUNDS];
              for (int round = 0; round < ROUNDS; round++) {
                alternately.await();
                long start = System.nanoTime();
                Transfer one = collectives.broadcast(0, new NDList(arrays[0]));
                Transfer other = collectives.broadcast(1, new NDList(arrays[1]));
                one.await();
                other.await();
                rates[round] = rate(start);
              }
              return rates;
            });
    double plain = median(socket.stream().mapToDouble(rate -> rate).toArray());
    double ours = median(transport.get(0));
    print("plain sockets, %d MB both ways at once: %.0f MB/s", MEGABYTES, plain);
    print("transport, the same: %.0f MB/s, %.0f%%", ours, 100 * ours / plain);
  }

  /** The rate in MB/s of one direction. */
  private static double rate(long start) {
    return (MEGABYTES << 20) / 1e6 / ((System.nanoTime() - start) / 1e9);
  }

  private static void small(Ranks ranks) {
    time(ranks, "all-reduce of 2 doubles", 1, (collectives, w, r) -> collectives.allReduce(1, 2));
    for (int kilobytes : new int[] {4, 32, 100, 400}) {
      time(
          ranks,
          "gather and broadcast of " + kilobytes + " KB",
          kilobytes,
          (collectives, whole, rows) -> {
            collectives.gather(1, rows, whole).await();
            collectives.broadcast(1, whole).await();
          });
    }
    time(ranks, "reduce-scatter of 3 MB", 3 << 10, TransportCollectives::reduceScatter);
  }

  private interface Step {
    void run(TransportCollectives collectives, NDList whole, NDList rows);
  }

  private static void time(Ranks ranks, String name, int kilobytes, Step step) {
    long cpu = processorTime();
    List<double[]> times =
        ranks.run(
            (collectives, manager) -> {
              NDList whole = new NDList(manager.ones(new Shape(2, kilobytes * 128L)));
              NDList rows = new NDList(manager.ones(new Shape(1, kilobytes * 128L)));
              double[] micros = new double[SMALL_ROUNDS];
              for (int round = 0; round < SMALL_ROUNDS; round++) {
                long start = System.nanoTime();
                step.run(collectives, whole, rows);
                micros[round] = (System.nanoTime() - start) / 1e3;
              }
              return micros;
            });
    double cpuMicros = (processorTime() - cpu) / 1e3 / SMALL_ROUNDS;
    print("%s: %.0f us; processor %.0f us", name, median(times.get(0)), cpuMicros);
  }

  private static long processorTime() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** The median without the first third, in which the compiler is at work. */
  private static double median(double[] values) {
    double[] sorted = Arrays.copyOfRange(values, values.length / 3, values.length);
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /** Two ends of a connection, each sending and receiving on threads of its own. */
  private static final class SocketPair implements AutoCloseable {

    private final SocketChannel one;
    private final SocketChannel other;
    private final ByteBuffer[] buffers = new ByteBuffer[4];

    SocketPair() throws IOException {
      try (ServerSocketChannel server =
          ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))) {
        one = SocketChannel.open(server.getLocalAddress());
        other = server.accept();
      }
      Arrays.setAll(buffers, i -> ByteBuffer.allocateDirect(MEGABYTES << 20));
    }

    double exchange() {
      long start = System.nanoTime();
      Thread[] threads = {
        new Thread(() -> send(one, buffers[0])), new Thread(() -> receive(other, buffers[1])),
        new Thread(() -> send(other, buffers[2])), new Thread(() -> receive(one, buffers[3]))
      };
      for (Thread thread : threads) {
        thread.start();
      }
      try {
        for (Thread thread : threads) {
          thread.join();
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return rate(start);
    }

    private static void send(SocketChannel channel, ByteBuffer buffer) {
      ByteBuffer bytes = buffer.duplicate();
      try {
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    private static void receive(SocketChannel channel, ByteBuffer buffer) {
      ByteBuffer bytes = buffer.duplicate();
      try {
        while (bytes.hasRemaining()) {
          if (channel.read(bytes) < 0) {
            throw new IllegalStateException("Cannot exchange: the other end is closed");
          }
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() throws IOException {
      one.close();
      other.close();
    }
  }
}
