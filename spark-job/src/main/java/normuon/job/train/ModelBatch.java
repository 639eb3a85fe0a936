package normuon.job.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import normuon.job.data.Batch;

/**
 * A batch as the model takes it.
 *
 * @param inputs int64 tokens [sequences, context]
 * @param targets the token after each input
 */
record ModelBatch(NDArray inputs, NDArray targets) {

  /** Copies a batch, which may be used again, to the device of a manager, which owns the arrays. */
  static ModelBatch of(Batch batch, NDManager manager) {
    Shape shape = new Shape(batch.sequences(), batch.context());
    return new ModelBatch(
        manager.create(batch.inputs().duplicate(), shape, DataType.INT64),
        manager.create(batch.targets().duplicate(), shape, DataType.INT64));
  }
}
