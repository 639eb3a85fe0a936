package normuon.job.comm;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import normuon.optimizer.shard.ShardGroup;
import org.apache.spark.network.util.MapConfigProvider;
import org.apache.spark.network.util.TransportConf;

/** Several ranks as threads of this process, connected on the loopback address without Spark. */
public final class Ranks implements AutoCloseable {

  static final CommunicationOptions OPTIONS =
      new CommunicationOptions(Duration.ofSeconds(20), 1 << 10);

  private final List<PeerAddress> addresses;
  private final List<TransportCollectives> collectives;
  private final ExecutorService threads;

  /** What one rank does. */
  @FunctionalInterface
  public interface Work<T> {
    T run(TransportCollectives collectives, NDManager manager) throws Exception;
  }

  private Ranks(
      List<PeerAddress> addresses, List<TransportCollectives> all, ExecutorService threads) {
    this.addresses = addresses;
    this.collectives = all;
    this.threads = threads;
  }

  public static Ranks connect(int worldSize) {
    return connect(worldSize, OPTIONS, () -> false);
  }

  /** Ranks whose values travel in the precision given. */
  public static Ranks connect(int worldSize, WirePrecision precision) {
    return connect(worldSize, OPTIONS.with(precision), () -> false);
  }

  /** Ranks in groups that hold the rows of parameters between them. */
  public static Ranks connectGroups(int worldSize, int groupSize) {
    return connect(worldSize, groupSize, OPTIONS, () -> false);
  }

  /** The same with a precision of values on their way. */
  public static Ranks connectGroups(int worldSize, int groupSize, WirePrecision precision) {
    return connect(worldSize, groupSize, OPTIONS.with(precision), () -> false);
  }

  static Ranks connect(int worldSize, CommunicationOptions options, BooleanSupplier interrupted) {
    return connect(worldSize, worldSize, options, interrupted);
  }

  /** Ranks in groups, with options of their own. */
  static Ranks connect(
      int worldSize, int groupSize, CommunicationOptions options, BooleanSupplier interrupted) {
    List<CompletableFuture<PeerAddress>> board = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      board.add(new CompletableFuture<>());
    }
    Rendezvous rendezvous =
        (self, address, wait) -> {
          board.get(self.rank()).complete(address);
          return board.stream().map(slot -> slot.orTimeout(20, TimeUnit.SECONDS).join()).toList();
        };
    ExecutorService threads = Executors.newFixedThreadPool(worldSize);
    IntFunction<TransportCollectives> connect =
        rank ->
            TransportCollectives.connect(
                new Membership("attempt", new ShardGroup(worldSize, groupSize, rank)),
                options,
                settings(),
                rendezvous,
                interrupted);
    List<TransportCollectives> all = join(submit(threads, worldSize, connect));
    return new Ranks(board.stream().map(CompletableFuture::join).toList(), all, threads);
  }

  static TransportSettings settings() {
    Map<String, String> conf =
        Map.of(
            "spark.normuon.io.mode", "EPOLL",
            "spark.normuon.io.serverThreads", "1",
            "spark.normuon.io.clientThreads", "1");
    return new TransportSettings(
        "127.0.0.1",
        new TransportConf(TransportSettings.MODULE, new MapConfigProvider(conf)),
        List.of(),
        List.of());
  }

  PeerAddress address(int rank) {
    return addresses.get(rank);
  }

  TransportCollectives get(int rank) {
    return collectives.get(rank);
  }

  /** Runs the same work on every rank at once, and returns the results in rank order. */
  public <T> List<T> run(Work<T> work) {
    IntFunction<T> call =
        rank -> {
          try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            return work.run(collectives.get(rank), manager);
          } catch (RuntimeException e) {
            throw e;
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        };
    return join(submit(threads, collectives.size(), call));
  }

  private static <T> List<Future<T>> submit(
      ExecutorService threads, int worldSize, IntFunction<T> call) {
    List<Future<T>> running = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      int self = rank;
      running.add(threads.submit(() -> call.apply(self)));
    }
    return running;
  }

  private static <T> List<T> join(List<Future<T>> running) {
    List<T> results = new ArrayList<>();
    for (Future<T> future : running) {
      try {
        results.add(future.get(60, TimeUnit.SECONDS));
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException cause
            ? cause
            : new IllegalStateException(e.getCause());
      } catch (InterruptedException | TimeoutException e) {
        throw new IllegalStateException(e);
      }
    }
    return results;
  }

  @Override
  public void close() {
    join(
        submit(
            threads,
            collectives.size(),
            rank -> {
              collectives.get(rank).close();
              return rank;
            }));
    threads.shutdown();
  }
}
