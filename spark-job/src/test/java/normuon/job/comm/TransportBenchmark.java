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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CyclicBarrier;
import java.util.function.Consumer;
import normuon.optimizer.shard.Transfer;
import org.junit.jupiter.api.Test;

/**
 * Measures the transport between two ranks of one process, and a plain pair of sockets in turn: the
 * rate and the processor time of an exchange of 64 MB both ways at once, and the time of the small
 * operations of a step. Four threads share the processor in each, so that processor time decides.
 *
 * <p>Not part of the tests; {@code mvn test -pl spark-job -am -Dtest=TransportBenchmark
 * -Dsurefire.failIfNoSpecifiedTests=false} runs it and prints medians.
 */
class TransportBenchmark {

  private static final int MEGABYTES = 64;
  private static final int ROUNDS = 30;
  private static final int SMALL_ROUNDS = 1000;

  @Test
  void measure() throws IOException {
    CommunicationOptions options = CommunicationOptions.defaults();
    try (Ranks ranks = Ranks.connect(2, options, () -> false);
        Ranks half = Ranks.connect(2, options.with(WirePrecision.BF16), () -> false);
        SocketPair sockets = new SocketPair()) {
      exchange(ranks, half, sockets);
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

  /** Rates in MB/s of one direction, and milliseconds of the processor, round by round. */
  private record Rounds(String name, double[] rates, double[] processor) {

    private Rounds(String name) {
      this(name, new double[ROUNDS], new double[ROUNDS]);
    }

    private void add(int round, long start, long processorStart) {
      rates[round] = rate(start);
      processor[round] = (processorTime() - processorStart) / 1e6;
    }

    private void print(Rounds plain) {
      TransportBenchmark.print(
          "%-28s %5.0f MB/s, best %5.0f, processor %4.0f ms; of plain sockets: %3.0f%%, best %3.0f%%,"
              + " processor %3.0f%%",
          name,
          median(rates),
          best(),
          median(processor),
          100 * median(rates) / median(plain.rates),
          100 * best() / plain.best(),
          100 * median(processor) / median(plain.processor));
    }

    private double best() {
      return Arrays.stream(rates).max().orElseThrow();
    }
  }

  /** One broadcast of each rank at once; plain sockets and each precision take turns. */
  private static void exchange(Ranks single, Ranks half, SocketPair sockets) {
    Rounds plain = new Rounds("plain sockets");
    Rounds copied = new Rounds("the same, a copy at each end");
    Rounds inSingle = new Rounds("transport, f32");
    Rounds inHalf = new Rounds("transport, bf16");
    for (int round = 0; round < ROUNDS; round++) {
      sockets.exchange(plain, round, Runnable::run);
      sockets.exchange(copied, round, sockets::withCopies);
      exchange(single, inSingle, round);
      exchange(half, inHalf, round);
    }
    print("%d MB both ways at once, medians:", MEGABYTES);
    List.of(plain, copied, inSingle, inHalf).forEach(rounds -> rounds.print(plain));
  }

  private static void exchange(Ranks ranks, Rounds rounds, int round) {
    CyclicBarrier start = new CyclicBarrier(2);
    ranks.run(
        (collectives, manager) -> {
          NDArray[] arrays = {
            manager.ones(new Shape(MEGABYTES, 1 << 18)), manager.ones(new Shape(MEGABYTES, 1 << 18))
          };
          start.await();
          long time = System.nanoTime();
          long processor = processorTime();
          Transfer one = collectives.broadcast(0, new NDList(arrays[0]));
          Transfer other = collectives.broadcast(1, new NDList(arrays[1]));
          one.await();
          other.await();
          if (collectives.rank() == 0) {
            rounds.add(round, time, processor);
          }
          return collectives.allReduce(0);
        });
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
    private final ByteBuffer[] copies = new ByteBuffer[2];

    SocketPair() throws IOException {
      try (ServerSocketChannel server =
          ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))) {
        one = SocketChannel.open(server.getLocalAddress());
        other = server.accept();
      }
      Arrays.setAll(buffers, i -> ByteBuffer.allocateDirect(MEGABYTES << 20));
      Arrays.setAll(copies, i -> ByteBuffer.allocateDirect(MEGABYTES << 20));
    }

    /** Exchanges both ways; what is done around it counts. */
    void exchange(Rounds rounds, int round, Consumer<Runnable> around) {
      long start = System.nanoTime();
      long processor = processorTime();
      around.accept(this::exchange);
      rounds.add(round, start, processor);
    }

    private void exchange() {
      inParallel(
          () -> send(one, buffers[0]),
          () -> receive(other, buffers[1]),
          () -> send(other, buffers[2]),
          () -> receive(one, buffers[3]));
    }

    /**
     * Copies what is sent before, and what was received afterwards, as a buffer in between would.
     */
    void withCopies(Runnable exchange) {
      inParallel(
          () -> buffers[0].duplicate().put(copies[0].duplicate()),
          () -> buffers[2].duplicate().put(copies[1].duplicate()));
      exchange.run();
      inParallel(
          () -> copies[0].duplicate().put(buffers[3].duplicate()),
          () -> copies[1].duplicate().put(buffers[1].duplicate()));
    }

    private static void inParallel(Runnable... parts) {
      List<Thread> threads = Arrays.stream(parts).map(Thread::new).toList();
      threads.forEach(Thread::start);
      try {
        for (Thread thread : threads) {
          thread.join();
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
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
