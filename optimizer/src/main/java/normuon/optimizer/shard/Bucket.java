package normuon.optimizer.shard;

import java.util.ArrayList;
import java.util.List;
import normuon.torch.ParameterSpec;

/**
 * Matrices of one owner that are collected and sent in one message.
 *
 * @param owner the rank that orthogonalizes them
 * @param matrices the matrices, in the order to process them
 */
public record Bucket(int owner, List<ParameterSpec> matrices) {

  /** Keeps a copy of the list. */
  public Bucket {
    matrices = List.copyOf(matrices);
  }

  /** The size of the message in float32. */
  public long bytes() {
    return matrices.stream().mapToLong(Bucket::bytes).sum();
  }

  private static long bytes(ParameterSpec matrix) {
    return matrix.elements() * Float.BYTES;
  }

  static List<Bucket> group(int owner, List<ParameterSpec> matrices, long bucketBytes) {
    if (bucketBytes < 1) {
      throw new IllegalArgumentException(
          "Invalid bucket size " + bucketBytes + " bytes: must be at least 1");
    }
    List<Bucket> buckets = new ArrayList<>();
    List<ParameterSpec> open = new ArrayList<>();
    long size = 0;
    for (ParameterSpec matrix : matrices) {
      boolean large = bytes(matrix) >= bucketBytes;
      if (!open.isEmpty() && (large || size >= bucketBytes)) {
        buckets.add(new Bucket(owner, open));
        open.clear();
        size = 0;
      }
      open.add(matrix);
      size += bytes(matrix);
    }
    if (!open.isEmpty()) {
      buckets.add(new Bucket(owner, open));
    }
    return buckets;
  }
}
