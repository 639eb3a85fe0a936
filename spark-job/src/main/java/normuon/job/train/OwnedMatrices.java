package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import normuon.optimizer.shard.Collectives;
import normuon.optimizer.shard.Transfer;

/** A bucket on its owner, which has the matrices whole from their momentum to their update. */
final class OwnedMatrices implements MatrixExchange {

  private final MatrixBucket bucket;
  private final Collectives collectives;
  private final NDManager owner;
  private final List<NDArray> whole;
  private final Transfer momentum;

  /** Makes room for the matrices, and lets them come. */
  OwnedMatrices(
      MatrixBucket bucket, List<NDArray> rows, Collectives collectives, NDManager manager) {
    this.bucket = bucket;
    this.collectives = collectives;
    this.owner = manager.newSubManager();
    this.whole =
        bucket.specs().stream()
            .map(spec -> owner.create(new Shape(spec.shape()), DataType.FLOAT32))
            .toList();
    this.momentum = collectives.gather(bucket.owner(), rows, whole);
  }

  @Override
  public List<NDArray> momentum() {
    momentum.await();
    return whole;
  }

  /** What is still being sent keeps its memory. */
  @Override
  public void send() {
    collectives.scatter(bucket.owner(), whole, bucket.gradientRows()).await();
    owner.close();
  }

  @Override
  public List<NDArray> await() {
    return bucket.gradientRows();
  }
}
