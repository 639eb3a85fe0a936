package normuon.job.checkpoint;

import ai.djl.ndarray.NDArray;
import normuon.optimizer.shard.RowShard;

/**
 * Rows of a named tensor, and where they lie in memory.
 *
 * @param name the tensor's name, the same whatever the number of ranks
 * @param wholeRows how many rows the tensor has over all ranks
 * @param rows which of them are meant
 * @param array float32, [arrayRows, columns] or [arrayRows]
 * @param firstArrayRow the row of {@code array} that is row {@code rows.start()} of the tensor
 */
public record CheckpointTensor(
    String name, long wholeRows, RowShard rows, NDArray array, long firstArrayRow) {}
