package normuon.job.checkpoint;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import normuon.model.hub.WeightSource;
import normuon.optimizer.shard.RowShard;
import normuon.torch.ParameterSpec;
import normuon.torch.RowPieces;
import normuon.torch.SafetensorsReader;
import normuon.torch.SafetensorsTensor;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Reads tensors of a checkpoint by name and row range from whichever shards hold them, so that any
 * number of ranks reads what any number wrote.
 */
public final class CheckpointReader implements WeightSource {

  private record Piece(SafetensorsReader file, RowRange rows) {}

  private final Path folder;
  private final List<FSDataInputStream> streams = new ArrayList<>();
  private final Map<String, List<Piece>> pieces = new HashMap<>();
  private final PieceBuffer buffer = new PieceBuffer();

  private CheckpointReader(Path folder) {
    this.folder = folder;
  }

  /**
   * Opens the shards of a checkpoint.
   *
   * @param fileSystem where it lies
   * @param folder its folder
   * @param manifest what it holds
   * @throws UncheckedIOException if a shard is missing, of another size, or malformed
   */
  public static CheckpointReader open(
      FileSystem fileSystem, Path folder, CheckpointManifest manifest) {
    CheckpointReader reader = new CheckpointReader(folder);
    try {
      for (ShardFile shard : manifest.shards()) {
        reader.add(fileSystem, shard);
      }
      return reader;
    } catch (IOException e) {
      reader.close();
      throw unreadable(folder, e);
    }
  }

  private void add(FileSystem fileSystem, ShardFile shard) throws IOException {
    Path path = new Path(folder, shard.file());
    long bytes = fileSystem.getFileStatus(path).getLen();
    if (bytes != shard.bytes()) {
      throw new IOException(
          "Invalid size "
              + bytes
              + " of shard "
              + shard.file()
              + ": the manifest says "
              + shard.bytes());
    }
    FSDataInputStream stream = fileSystem.open(path);
    streams.add(stream);
    SafetensorsReader file = SafetensorsReader.open(new HadoopFile(stream, bytes, buffer));
    for (SafetensorsTensor tensor : file.tensors()) {
      RowRange rows = RowRange.parse(tensor.name(), file.metadata().get(tensor.name()));
      pieces.computeIfAbsent(tensor.name(), name -> new ArrayList<>()).add(new Piece(file, rows));
    }
  }

  /**
   * Fills arrays.
   *
   * @param tensors which rows to read, and where to
   * @throws UncheckedIOException if a row is in no shard, or a shard cannot be read
   */
  public void read(List<CheckpointTensor> tensors) {
    try {
      for (CheckpointTensor tensor : tensors) {
        read(tensor);
      }
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
  }

  private void read(CheckpointTensor tensor) throws IOException {
    long wanted = tensor.rows().rows();
    long found = 0;
    for (Piece piece : pieces.getOrDefault(tensor.name(), List.of())) {
      if (piece.rows.total() != tensor.wholeRows()) {
        throw new IOException(
            "Invalid tensor "
                + tensor.name()
                + ": it has "
                + piece.rows.total()
                + " rows and must have "
                + tensor.wholeRows());
      }
      found += read(tensor, piece);
    }
    if (found != wanted) {
      throw new IOException(
          "Cannot find rows "
              + RowRange.of(tensor)
              + " of tensor "
              + tensor.name()
              + ": the shards hold "
              + found
              + " of "
              + wanted);
    }
  }

  private static long read(CheckpointTensor tensor, Piece piece) throws IOException {
    long start = Math.max(piece.rows.start(), tensor.rows().start());
    long end = Math.min(piece.rows.end(), tensor.rows().end());
    if (start >= end) {
      return 0;
    }
    long first = tensor.firstArrayRow() + start - tensor.rows().start();
    RowPieces.fill(
        tensor.array(),
        first,
        start - piece.rows.start(),
        end - piece.rows.start(),
        (from, to, rows) -> piece.file.readRows(tensor.name(), from, to, rows));
    return end - start;
  }

  /**
   * Also compares how many rows the whole parameter has.
   *
   * @throws IOException as well if the checkpoint's has others
   */
  @Override
  public void read(ParameterSpec parameter, long start, long end, NDArray destination)
      throws IOException {
    RowShard rows = new RowShard(start, end);
    read(new CheckpointTensor(parameter.name(), parameter.rows(), rows, destination, 0));
  }

  @Override
  public void readRows(String name, long start, long end, ByteBuffer destination)
      throws IOException {
    long next = start;
    for (Piece piece : pieces.getOrDefault(name, List.of())) {
      // Shards are in the order of their rows.
      if (piece.rows.start() <= next && next < Math.min(end, piece.rows.end())) {
        long last = Math.min(end, piece.rows.end());
        long bytes = (last - next) * piece.file.tensor(name).rowBytes();
        ByteBuffer part = destination.slice(destination.position(), Math.toIntExact(bytes));
        piece.file.readRows(name, next - piece.rows.start(), last - piece.rows.start(), part);
        destination.position(destination.position() + (int) bytes);
        next = last;
      }
    }
    if (next != end) {
      throw new IOException(
          "Cannot find rows %d to %d of tensor %s in checkpoint %s"
              .formatted(next, end - 1, name, folder));
    }
  }

  private static UncheckedIOException unreadable(Path folder, IOException cause) {
    return new UncheckedIOException(
        "Cannot read checkpoint " + folder + ": " + cause.getMessage(), cause);
  }

  @Override
  public void close() {
    for (FSDataInputStream stream : streams) {
      try {
        stream.close();
      } catch (IOException e) {
        throw unreadable(folder, e);
      }
    }
  }
}
