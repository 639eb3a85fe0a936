package normuon.job.comm;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.Transfer;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;

/**
 * Collective operations from rank to rank over Spark's own network transport.
 *
 * <p>What one rank sends another in one call is one sequence of values, cut into buckets that
 * travel as messages of their own. A bucket of large arrays is sent from their memory, and written
 * there from the network if the receiver has already called; others wait in reused buffers. Ranks
 * count their calls; a message names its call, so that it finds its place however the ranks'
 * threads are timed.
 */
public final class TransportCollectives implements Collectives {

  private final Membership self;
  private final CommunicationOptions options;
  private final Mesh mesh;
  private final BucketExchange exchange;
  private final AtomicLongArray calls;

  private TransportCollectives(Membership self, CommunicationOptions options, Mesh mesh) {
    this.self = self;
    this.options = options;
    this.mesh = mesh;
    this.exchange = new BucketExchange(self, mesh, options);
    this.calls = new AtomicLongArray(Operation.values().length * (self.worldSize() + 1));
  }

  /**
   * Connects this rank with all others of its attempt; to be called in a task of the barrier stage,
   * by every rank. Needs {@link RendezvousPlugin} among {@code spark.plugins}.
   *
   * @param attemptId names this attempt to run a segment: the same on every rank, and never used
   *     before
   * @param rank this rank, from 0
   * @param worldSize the number of ranks
   * @param options deadline and message sizes
   * @throws normuon.optimizer.shard.CollectiveException if a rank does not come before the
   *     deadline, or refuses
   */
  public static TransportCollectives connect(
      String attemptId, int rank, int worldSize, CommunicationOptions options) {
    TaskContext task = TaskContext.get();
    return connect(
        new Membership(attemptId, rank, worldSize),
        options,
        TransportSettings.of(SparkEnv.get(), options),
        RankChannel.rendezvous(),
        task == null ? () -> false : task::isInterrupted);
  }

  static TransportCollectives connect(
      Membership self,
      CommunicationOptions options,
      TransportSettings settings,
      Rendezvous rendezvous,
      BooleanSupplier interrupted) {
    Wait wait = new Wait(options.deadline(), interrupted);
    Mesh mesh = new Mesh(self, options, settings, wait);
    try {
      PeerAddress address = new PeerAddress(self.rank(), settings.host(), mesh.port());
      Wait start = new Wait(options.longestStart(), interrupted);
      mesh.connect(rendezvous.meet(self, address, start));
      return new TransportCollectives(self, options, mesh);
    } catch (RuntimeException e) {
      mesh.close();
      throw e;
    }
  }

  @Override
  public int rank() {
    return self.rank();
  }

  @Override
  public int worldSize() {
    return self.worldSize();
  }

  @Override
  public void reduceScatter(List<NDArray> whole, List<NDArray> rows) {
    Call call = next(Operation.REDUCE_SCATTER);
    new RankOrderedSum(self, exchange, call, whole, rows).run();
    mesh.awaitSharedSent(call);
  }

  @Override
  public double[] allReduce(double... values) {
    int most = (int) Math.min(Integer.MAX_VALUE, options.bucketBytes() / Double.BYTES);
    double[] sums = new double[values.length];
    for (int start = 0; start < values.length; start += most) {
      int end = Math.min(start + most, values.length);
      System.arraycopy(
          reduceMessage(Arrays.copyOfRange(values, start, end)), 0, sums, start, end - start);
    }
    return sums;
  }

  private double[] reduceMessage(double[] values) {
    Call call = next(Operation.ALL_REDUCE);
    int length = values.length * Double.BYTES;
    for (int distance = 1; distance < self.worldSize(); distance++) {
      PooledBuffer copy = mesh.buffer(length);
      copy.bytes().asDoubleBuffer().put(values);
      mesh.send(self.peer(distance), new MessageHeader(call, 0, length), copy);
    }
    mesh.awaitSharedSent(call);
    double[] sums = new double[values.length];
    for (int rank = 0; rank < self.worldSize(); rank++) {
      add(sums, rank == self.rank() ? values : receive(rank, call, values.length));
    }
    return sums;
  }

  private double[] receive(int source, Call call, int count) {
    double[] values = new double[count];
    Payload message = mesh.receive(new MessageKey(source, call, 0), count * Double.BYTES);
    message.parts().get(0).asDoubleBuffer().get(values);
    message.release();
    return values;
  }

  private static void add(double[] sums, double[] values) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += values[i];
    }
  }

  @Override
  public Transfer gather(int owner, List<NDArray> rows, List<NDArray> whole) {
    Call call = next(Operation.GATHER, owner);
    RowSequence own = RowSequence.all(rows);
    if (self.rank() != owner) {
      exchange.send(owner, call, own);
      return () -> {};
    }
    return collect(call, own, whole);
  }

  @Override
  public Transfer broadcast(int owner, List<NDArray> arrays) {
    Call call = next(Operation.BROADCAST, owner);
    RowSequence values = RowSequence.all(arrays);
    if (self.rank() == owner) {
      exchange.broadcast(call, values);
      return () -> {};
    }
    exchange.expect(owner, call, values);
    return new PendingTransfer(() -> exchange.receive(owner, call, values));
  }

  @Override
  public Transfer allGather(List<NDArray> rows, List<NDArray> whole) {
    Call call = next(Operation.ALL_GATHER);
    RowSequence own = RowSequence.all(rows);
    exchange.sendToAll(call, own);
    return collect(call, own, whole);
  }

  /** Copies this rank's rows to their place, and waits for those of the others. */
  private Transfer collect(Call call, RowSequence own, List<NDArray> whole) {
    RowSequence place = RowSequence.shard(whole, self.worldSize(), self.rank());
    place.requireSize(own.size());
    exchange.copy(own, place);
    List<RowSequence> places = new ArrayList<>();
    for (int distance = 1; distance < self.worldSize(); distance++) {
      int peer = self.peer(distance);
      places.add(RowSequence.shard(whole, self.worldSize(), peer));
      exchange.expect(peer, call, places.get(distance - 1));
    }
    return new PendingTransfer(
        () -> {
          for (int distance = 1; distance < self.worldSize(); distance++) {
            exchange.receive(self.peer(distance), call, places.get(distance - 1));
          }
        });
  }

  private Call next(Operation operation, int owner) {
    if (owner < 0 || owner >= self.worldSize()) {
      throw new IllegalArgumentException(
          "Invalid owner " + owner + ": must be from 0 to " + (self.worldSize() - 1));
    }
    return count(operation, owner);
  }

  private Call next(Operation operation) {
    return count(operation, Call.NO_OWNER);
  }

  private Call count(Operation operation, int owner) {
    int counter = operation.ordinal() * (self.worldSize() + 1) + owner + 1;
    return new Call(operation, owner, calls.getAndIncrement(counter));
  }

  @Override
  public void requireRunning() {
    mesh.requireRunning();
  }

  /** What this rank has sent and received since it connected. */
  public Traffic traffic() {
    return mesh.traffic();
  }

  /** The bytes of the buffers that messages wait in, used and idle: constant in a steady state. */
  public long bufferBytes() {
    return mesh.bufferBytes();
  }

  /**
   * Limits what of one peer's messages may wait before they are expected. A peer that sends more
   * loses its connection.
   *
   * @param bytes as much as a peer sends in a step
   */
  public void limitWaiting(long bytes) {
    mesh.limitWaiting(bytes);
  }

  /** Waits until what was sent has left, unless an operation has failed, and disconnects. */
  @Override
  public void close() {
    mesh.close();
  }
}
