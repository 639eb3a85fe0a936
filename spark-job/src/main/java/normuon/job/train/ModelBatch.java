package normuon.job.train;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import normuon.job.data.Batch;
import normuon.model.MicroBatch;

/** Makes of a batch what the model takes. */
public final class ModelBatch {

  private ModelBatch() {}

  /**
   * Copies a batch, which may be used again, to the device of a manager, which owns the arrays.
   *
   * @param weight of the batch's mean loss
   */
  public static MicroBatch of(Batch batch, NDManager manager, double weight) {
    Shape shape = new Shape(batch.sequences(), batch.context());
    return new MicroBatch(
        manager.create(batch.inputs().duplicate(), shape, DataType.INT64),
        manager.create(batch.targets().duplicate(), shape, DataType.INT64),
        weight);
  }
}
