package normuon.job.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import normuon.torch.HostBuffers;
import normuon.torch.SharedMemory;
import normuon.torch.TorchRuntime;

/**
 * A copy of a rank's rows in host memory, outside the Java heap, which stays as it is while
 * training goes on.
 */
public final class CheckpointSnapshot implements AutoCloseable {

  private final NDManager manager;
  private final List<CheckpointTensor> tensors;

  private CheckpointSnapshot(NDManager manager, List<CheckpointTensor> tensors) {
    this.manager = manager;
    this.tensors = tensors;
  }

  /** Copies the rows that are meant, and no others. */
  public static CheckpointSnapshot of(List<CheckpointTensor> tensors) {
    NDManager manager = TorchRuntime.newManager();
    try {
      List<CheckpointTensor> copies = new ArrayList<>();
      for (CheckpointTensor tensor : tensors) {
        copies.add(copy(tensor, manager));
      }
      return new CheckpointSnapshot(manager, copies);
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  private static CheckpointTensor copy(CheckpointTensor tensor, NDManager manager) {
    long[] shape = tensor.array().getShape().getShape().clone();
    shape[0] = tensor.rows().rows();
    NDArray rows = manager.create(new Shape(shape), DataType.FLOAT32);
    if (rows.size() > 0) {
      long first = tensor.firstArrayRow() * (rows.size() / shape[0]);
      try (SharedMemory memory = SharedMemory.of(rows)) {
        HostBuffers.read(
            tensor.array(), first, first + rows.size(), memory.elements(0, rows.size()));
      }
    }
    return new CheckpointTensor(tensor.name(), tensor.wholeRows(), tensor.rows(), rows, 0);
  }

  List<CheckpointTensor> tensors() {
    return tensors;
  }

  /** Frees the copy. */
  @Override
  public void close() {
    manager.close();
  }
}
