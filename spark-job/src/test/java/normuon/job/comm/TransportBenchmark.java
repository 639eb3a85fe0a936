package normuon.job.comm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CyclicBarrier;
import normuon.optimizer.shard.Transfer;

/**
 * Measures the transport between two ranks of one process, and a plain pair of sockets in turn: the
 * rate of an exchange of 64 MB both ways at once, and the time of the small operations of a step.
 *
 * <p>Run it with {@code mvn test-compile exec:java} or from an IDE; it prints medians.
 */
final class TransportBenchmark {

  private static final int MEGABYTES = 64;
  private static final int ROUNDS = 15;
  private static final int SMALL_ROUNDS = 2000;

  private TransportBenchmark() {}

  /** Prints the measurements. */
  public static void main(String[] arguments) throws Exception {
    CommunicationOptions options =
        new CommunicationOptions(
            Duration.ofSeconds(60), Integer.getInteger("normuon.bucketBytes", 4 << 20));
    try (Ranks ranks = Ranks.connect(2, options, () -> false);
        SocketPair sockets = new SocketPair()) {
      exchange(ranks, sockets);
      small(ranks);
      print("buffers: %d bytes", ranks.get(0).bufferBytes());
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
    for (int repeat = 0; repeat < 3; repeat++) {
      timeSmall(
          ranks, "all-reduce of 2 doubles", (collectives, w, r) -> collectives.allReduce(1, 2));
      for (int size : new int[] {4, 16, 32, 64, 100, 400}) {
        timeSmall(
            ranks,
            "gather and broadcast of " + size + " KB",
            size,
            (collectives, whole, rows) -> {
              collectives.gather(1, new NDList(rows), new NDList(whole)).await();
              collectives.broadcast(1, new NDList(whole)).await();
            });
      }
    }
  }

  private interface Step {
    void run(TransportCollectives collectives, NDArray whole, NDArray rows);
  }

  private static void timeSmall(Ranks ranks, String name, Step step) {
    timeSmall(ranks, name, 4, step);
  }

  private static void timeSmall(Ranks ranks, String name, int kilobytes, Step step) {
    long cpu = processCpu();
    long began = System.nanoTime();
    List<double[]> times =
        ranks.run(
            (collectives, manager) -> {
              NDArray whole = manager.ones(new Shape(2, kilobytes * 128L));
              NDArray rows = manager.ones(new Shape(1, kilobytes * 128L));
              double[] micros = new double[SMALL_ROUNDS];
              for (int round = 0; round < SMALL_ROUNDS; round++) {
                long start = System.nanoTime();
                step.run(collectives, whole, rows);
                micros[round] = (System.nanoTime() - start) / 1e3;
              }
              return micros;
            });
    double wall = System.nanoTime() - began;
    print(
        "%s: %.0f us, both ranks' processor time %.0f us (%.2f cores)",
        name,
        median(times.get(0)),
        (processCpu() - cpu) / 1e3 / SMALL_ROUNDS,
        (processCpu() - cpu) / wall);
  }

  private static long processCpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

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
