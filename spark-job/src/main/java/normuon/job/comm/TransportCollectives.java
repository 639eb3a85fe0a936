package normuon.job.comm;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.ShardGroup;
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
 * threads are timed, and different operations may be called from several threads at once.
 */
public final class TransportCollectives implements Collectives {

  private final Membership self;
  private final CommunicationOptions options;
  private final Mesh mesh;
  private final BucketExchange exchange;
  private final RowGathering gathering;
  private final RowGathering weights;
  private final RowGathering roundedWeights;
  private final AtomicLongArray calls;

  private TransportCollectives(Membership self, CommunicationOptions options, Mesh mesh) {
    this.self = self;
    this.options = options;
    this.mesh = mesh;
    WirePrecision precision = self.worldSize() == 1 ? WirePrecision.F32 : options.precision();
    this.exchange = new BucketExchange(mesh, options.bucketBytes(), precision);
    this.gathering = new RowGathering(self, exchange);
    this.weights = gathering(WirePrecision.F32);
    this.roundedWeights = gathering(WirePrecision.BF16);
    this.calls = new AtomicLongArray(Operation.values().length * (self.worldSize() + 1));
  }

  private RowGathering gathering(WirePrecision precision) {
    return new RowGathering(self, new BucketExchange(mesh, options.bucketBytes(), precision));
  }

  /** As the other form, in one group of all ranks. */
  public static TransportCollectives connect(
      String attemptId, int rank, int worldSize, CommunicationOptions options) {
    return connect(attemptId, ShardGroup.whole(worldSize, rank), options);
  }

  /**
   * Connects this rank with all others of its attempt; to be called in a task of the barrier stage,
   * by every rank. Other threads may then communicate, too. Needs {@link RendezvousPlugin} among
   * {@code spark.plugins}.
   *
   * @param attemptId names this attempt to run a segment: the same on every rank, and never used
   *     before
   * @param group this rank, and with whom it divides parameters
   * @param options deadline and message sizes
   * @throws normuon.optimizer.shard.CollectiveException if a rank does not come before the
   *     deadline, or refuses
   */
  public static TransportCollectives connect(
      String attemptId, ShardGroup group, CommunicationOptions options) {
    TaskContext task = TaskContext.get();
    return connect(
        new Membership(attemptId, group),
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
    StopSignal stop = new StopSignal(interrupted);
    Wait wait = new Wait(options.deadline(), stop);
    Mesh mesh = new Mesh(self, options, settings, wait);
    try {
      PeerAddress address = new PeerAddress(self.rank(), settings.host(), mesh.port());
      Wait start = new Wait(options.longestStart(), stop);
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
  public ShardGroup shardGroup() {
    return self.group();
  }

  @Override
  public void reduceScatter(List<NDArray> whole, List<NDArray> rows) {
    Call call = next(Operation.REDUCE_SCATTER);
    new RankOrderedSum(self, exchange, call, whole, rows).run();
    mesh.awaitSent(call, call::equals);
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
    for (int peer : self.peers()) {
      PooledBuffer copy = mesh.buffer(length);
      copy.bytes().asDoubleBuffer().put(values);
      mesh.send(peer, new MessageHeader(call, 0, length), copy);
    }
    mesh.awaitSent(call, sender -> !sender.operation().awaitsWhatItSent());
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
    if (self.rank() == owner) {
      return gathering.start(call, rows, whole, List.of());
    }
    if (self.group().isMember(owner)) {
      exchange.send(owner, call, RowSequence.all(rows));
    }
    return () -> {};
  }

  @Override
  public Transfer broadcast(int owner, List<NDArray> arrays) {
    Call call = next(Operation.BROADCAST, owner);
    RowSequence values = RowSequence.all(arrays);
    if (self.rank() == owner) {
      exchange.broadcast(self.peers(), call, values);
      return () -> {};
    }
    exchange.expect(owner, call, values);
    return new PendingTransfer(() -> exchange.receive(owner, call, values));
  }

  @Override
  public Transfer scatter(int owner, List<NDArray> whole, List<NDArray> rows) {
    Call call = next(Operation.SCATTER, owner);
    RowSequence own = RowSequence.all(rows);
    if (self.rank() == owner) {
      scatter(call, whole, own);
      return () -> {};
    }
    exchange.expect(owner, call, own);
    return new PendingTransfer(() -> exchange.receive(owner, call, own));
  }

  private void scatter(Call call, List<NDArray> whole, RowSequence own) {
    RowSequence kept = shard(whole, self.group().position());
    own.requireSize(kept.size());
    for (int position : self.positions()) {
      exchange.send(self.others(position), call, shard(whole, position));
    }
    exchange.copy(kept, own);
  }

  private RowSequence shard(List<NDArray> whole, int position) {
    return RowSequence.shard(whole, self.group().size(), position);
  }

  @Override
  public Transfer allGather(List<NDArray> rows, List<NDArray> whole) {
    Call call = next(Operation.ALL_GATHER);
    return gathering.start(call, rows, whole, self.groupPeers());
  }

  @Override
  public Transfer gatherWeights(List<NDArray> rows, List<NDArray> whole) {
    return gatherWeights(weights, rows, whole);
  }

  @Override
  public Transfer gatherRoundedWeights(List<NDArray> rows, List<NDArray> whole) {
    return gatherWeights(roundedWeights, rows, whole);
  }

  private Transfer gatherWeights(RowGathering form, List<NDArray> rows, List<NDArray> whole) {
    Call call = next(Operation.GATHER_WEIGHTS);
    Transfer received = form.start(call, rows, whole, self.groupPeers());
    return () -> {
      received.await();
      mesh.awaitSent(call, call::equals);
    };
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

  @Override
  public void abort(Throwable cause) {
    mesh.abort(cause);
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
