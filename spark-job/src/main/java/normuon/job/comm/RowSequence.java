package normuon.job.comm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import normuon.optimizer.shard.RowShard;
import normuon.torch.HostBuffers;
import normuon.torch.SharedMemory;

/**
 * Some rows of several arrays, one array after the other, as one sequence of float32 values that
 * can be cut into buckets anywhere.
 */
final class RowSequence {

  private final List<NDArray> arrays;

  /** The first value of each array that belongs to the sequence. */
  private final long[] starts;

  /** Where the values of each array begin in the sequence; one more entry for the end. */
  private final long[] offsets;

  private RowSequence(List<NDArray> arrays, long[] starts, long[] lengths) {
    this.arrays = arrays;
    this.starts = starts;
    this.offsets = new long[arrays.size() + 1];
    for (int i = 0; i < lengths.length; i++) {
      offsets[i + 1] = offsets[i] + lengths[i];
    }
  }

  /** All rows of the arrays. */
  static RowSequence all(List<NDArray> arrays) {
    long[] lengths = new long[arrays.size()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = float32(arrays.get(i)).size();
    }
    return new RowSequence(arrays, new long[lengths.length], lengths);
  }

  /** The rows of the arrays that belong to one position of a group of ranks. */
  static RowSequence shard(List<NDArray> arrays, int groupSize, int position) {
    long[] starts = new long[arrays.size()];
    long[] lengths = new long[arrays.size()];
    for (int i = 0; i < lengths.length; i++) {
      NDArray array = float32(arrays.get(i));
      long rows = array.getShape().get(0);
      long columns = rows == 0 ? 0 : array.size() / rows;
      RowShard shard = RowShard.of(rows, groupSize, position);
      starts[i] = shard.start() * columns;
      lengths[i] = shard.rows() * columns;
    }
    return new RowSequence(arrays, starts, lengths);
  }

  private static NDArray float32(NDArray array) {
    if (array.getDataType() != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          "Invalid array of type " + array.getDataType() + ": must be float32");
    }
    return array;
  }

  /** The number of values. */
  long size() {
    return offsets[arrays.size()];
  }

  /** Refuses a sequence of another size than the rows of this rank have. */
  void requireSize(long expected) {
    if (size() != expected) {
      throw new IllegalArgumentException(
          "Invalid arrays of " + size() + " elements: this rank's rows have " + expected);
    }
  }

  /** Copies the values [from, to) to a buffer. */
  void read(long from, long to, ByteBuffer target) {
    forEachPart(from, to, (array, start, end) -> HostBuffers.read(array, start, end, target));
  }

  /** Copies bytes from a buffer over the values [from, to). */
  void write(ByteBuffer source, long from, long to) {
    forEachPart(from, to, (array, start, end) -> HostBuffers.write(source, array, start, end));
  }

  /** Whether the values can be copied over another sequence's with no buffer in between. */
  boolean canCopyTo(RowSequence target) {
    return onHost() && target.onHost() && Arrays.equals(offsets, target.offsets);
  }

  /** Copies all values over those of a sequence for which {@link #canCopyTo} holds. */
  void copyTo(RowSequence target) {
    for (int i = 0; i < arrays.size(); i++) {
      long length = offsets[i + 1] - offsets[i];
      if (length > 0) {
        long from = starts[i];
        long to = target.starts[i];
        try (SharedMemory memory = SharedMemory.of(arrays.get(i))) {
          ByteBuffer values = memory.elements(from, from + length);
          HostBuffers.write(values, target.arrays.get(i), to, to + length);
        }
      }
    }
  }

  /** The values [from, to) where they are in the arrays' memory, which the message keeps. */
  SharedRows share(long from, long to) {
    List<SharedMemory> memories = new ArrayList<>();
    List<ByteBuffer> parts = new ArrayList<>();
    forEachPart(
        from,
        to,
        (array, start, end) -> {
          SharedMemory memory = SharedMemory.of(array);
          memories.add(memory);
          parts.add(memory.elements(start, end));
        });
    return new SharedRows(memories, parts);
  }

  /** Whether the memory of every array can be shared. */
  boolean onHost() {
    return arrays.stream().allMatch(HostBuffers::onHost);
  }

  /** How many arrays the values [from, to) are in. */
  int arrays(long from, long to) {
    AtomicInteger count = new AtomicInteger();
    forEachPart(from, to, (array, start, end) -> count.incrementAndGet());
    return count.get();
  }

  private void forEachPart(long from, long to, PartAction action) {
    for (int i = 0; i < arrays.size() && offsets[i] < to; i++) {
      long first = Math.max(from, offsets[i]);
      long last = Math.min(to, offsets[i + 1]);
      if (first < last) {
        long shift = starts[i] - offsets[i];
        action.accept(arrays.get(i), first + shift, last + shift);
      }
    }
  }

  @FunctionalInterface
  private interface PartAction {
    void accept(NDArray array, long start, long end);
  }
}
