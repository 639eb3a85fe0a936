package normuon.job.checkpoint;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import normuon.torch.SafetensorsType;
import normuon.torch.SafetensorsWriter;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Writes the shard of one rank: a safetensors file whose metadata says of each tensor which rows it
 * holds, as {@code start:end:total}.
 */
public final class CheckpointWriter {

  private static final int BUFFER_BYTES = 1 << 20;

  private CheckpointWriter() {}

  /**
   * Writes a shard; the same tensors give the same bytes.
   *
   * @param fileSystem where to
   * @param folder the checkpoint's folder
   * @param rank this rank
   * @param worldSize the number of ranks
   * @param snapshot this rank's rows of everything
   * @throws UncheckedIOException if it cannot be written
   */
  public static ShardFile write(
      FileSystem fileSystem, Path folder, int rank, int worldSize, CheckpointSnapshot snapshot) {
    List<CheckpointTensor> tensors = snapshot.tensors();
    Path path = new Path(folder, String.format("rank-%05d-of-%05d.safetensors", rank, worldSize));
    MessageDigest digest = sha256();
    try {
      try (FSDataOutputStream file = fileSystem.create(path, true, BUFFER_BYTES)) {
        SafetensorsWriter.write(
            new DigestOutputStream(file, digest),
            rowRanges(tensors),
            tensors.stream().map(CheckpointWriter::entry).toList());
        CheckpointStore.sync(file);
      }
      long bytes = fileSystem.getFileStatus(path).getLen();
      return new ShardFile(path.getName(), bytes, HexFormat.of().formatHex(digest.digest()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write checkpoint " + path + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, String> rowRanges(List<CheckpointTensor> tensors) {
    Map<String, String> ranges = new LinkedHashMap<>();
    for (CheckpointTensor tensor : tensors) {
      ranges.put(tensor.name(), RowRange.of(tensor).toString());
    }
    return ranges;
  }

  private static SafetensorsWriter.Entry entry(CheckpointTensor tensor) {
    long[] shape = tensor.array().getShape().getShape().clone();
    shape[0] = tensor.rows().rows();
    return SafetensorsWriter.Entry.of(
        tensor.name(), SafetensorsType.F32, shape, rowsOf(tensor.array(), tensor));
  }

  /** The bytes of the meant rows, where they lie. */
  private static ByteBuffer rowsOf(NDArray array, CheckpointTensor tensor) {
    ByteBuffer bytes = array.toByteBuffer(true);
    int rowBytes = Math.toIntExact(bytes.remaining() / array.getShape().get(0));
    int first = Math.toIntExact(tensor.firstArrayRow() * rowBytes);
    return bytes.slice(first, Math.toIntExact(tensor.rows().rows() * rowBytes));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot find SHA-256, which every JDK has", e);
    }
  }
}
