package normuon.job.train;

import ai.djl.ndarray.NDArray;
import java.util.List;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.ShardGroup;
import normuon.optimizer.shard.Transfer;

/** Real collectives, of which a faulty variant changes one operation. */
class ForwardingCollectives implements Collectives {

  final Collectives real;

  ForwardingCollectives(Collectives real) {
    this.real = real;
  }

  @Override
  public int rank() {
    return real.rank();
  }

  @Override
  public int worldSize() {
    return real.worldSize();
  }

  @Override
  public ShardGroup shardGroup() {
    return real.shardGroup();
  }

  @Override
  public void reduceScatter(List<NDArray> whole, List<NDArray> rows) {
    real.reduceScatter(whole, rows);
  }

  @Override
  public double[] allReduce(double... values) {
    return real.allReduce(values);
  }

  @Override
  public Transfer gather(int owner, List<NDArray> rows, List<NDArray> whole) {
    return real.gather(owner, rows, whole);
  }

  @Override
  public Transfer broadcast(int owner, List<NDArray> arrays) {
    return real.broadcast(owner, arrays);
  }

  @Override
  public Transfer scatter(int owner, List<NDArray> whole, List<NDArray> rows) {
    return real.scatter(owner, whole, rows);
  }

  @Override
  public Transfer allGather(List<NDArray> rows, List<NDArray> whole) {
    return real.allGather(rows, whole);
  }

  @Override
  public Transfer gatherWeights(List<NDArray> rows, List<NDArray> whole) {
    return real.gatherWeights(rows, whole);
  }

  @Override
  public Transfer gatherRoundedWeights(List<NDArray> rows, List<NDArray> whole) {
    return real.gatherRoundedWeights(rows, whole);
  }

  @Override
  public void requireRunning() {
    real.requireRunning();
  }

  @Override
  public void abort(Throwable cause) {
    real.abort(cause);
  }

  @Override
  public void close() {
    real.close();
  }
}
