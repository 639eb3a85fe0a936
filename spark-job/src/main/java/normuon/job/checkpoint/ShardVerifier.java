package normuon.job.checkpoint;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import normuon.torch.SafetensorsException;
import normuon.torch.SafetensorsReader;
import normuon.torch.SafetensorsTensor;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Compares shard files with what the manifest says of them, byte by byte. */
public final class ShardVerifier {

  private static final int PIECE_BYTES = 1 << 20;

  /** How much of a shard is read. */
  enum Depth {
    /** Its size and its header. */
    HEADER,
    /** Every byte. */
    EVERY_BYTE
  }

  private ShardVerifier() {}

  /**
   * Reads a shard from its first byte to its last.
   *
   * @param fileSystem where it lies
   * @param folder the folder of its checkpoint
   * @param shard what the manifest says of it
   * @return what is wrong with it; empty if it is as it was written
   * @throws UncheckedIOException if the store cannot be read, which says nothing about the shard
   */
  public static Optional<String> damage(FileSystem fileSystem, Path folder, ShardFile shard) {
    return damage(fileSystem, folder, shard, Depth.EVERY_BYTE, new TensorTable());
  }

  /**
   * Reads a shard.
   *
   * @param depth how much of it
   * @param tensors gets what its header names
   */
  static Optional<String> damage(
      FileSystem fileSystem, Path folder, ShardFile shard, Depth depth, TensorTable tensors) {
    Path path = new Path(folder, shard.file());
    try {
      verify(fileSystem, path, shard, depth, tensors);
      return Optional.empty();
    } catch (FileNotFoundException e) {
      return Optional.of(shard.file() + " does not exist");
    } catch (DamageException | SafetensorsException | ChecksumException | EOFException e) {
      return Optional.of(shard.file() + ": " + e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  private static void verify(
      FileSystem fileSystem, Path path, ShardFile shard, Depth depth, TensorTable tensors)
      throws IOException {
    long bytes = fileSystem.getFileStatus(path).getLen();
    if (bytes != shard.bytes()) {
      throw new DamageException(
          "it has %,d bytes, and the manifest says %,d".formatted(bytes, shard.bytes()));
    }
    try (FSDataInputStream stream = fileSystem.open(path)) {
      if (depth == Depth.EVERY_BYTE) {
        requireHash(stream, shard);
      }
      SafetensorsReader file =
          SafetensorsReader.open(new HadoopFile(stream, bytes, new PieceBuffer()));
      for (SafetensorsTensor tensor : file.tensors()) {
        RowRange rows = RowRange.parse(tensor.name(), file.metadata().get(tensor.name()));
        requireRows(tensor, rows);
        tensors.add(tensor, rows);
      }
    }
  }

  private static void requireHash(FSDataInputStream stream, ShardFile shard) throws IOException {
    String sha256 = sha256(stream);
    if (!sha256.equals(shard.sha256())) {
      throw new DamageException(
          "its SHA-256 is %s, and the manifest says %s".formatted(sha256, shard.sha256()));
    }
  }

  private static void requireRows(SafetensorsTensor tensor, RowRange rows) throws DamageException {
    if (rows.end() - rows.start() != tensor.rows() || rows.end() > rows.total()) {
      throw new DamageException(
          "Invalid row range %s of tensor %s: it has %d rows"
              .formatted(rows, tensor.name(), tensor.rows()));
    }
  }

  private static String sha256(FSDataInputStream stream) throws IOException {
    MessageDigest digest = CheckpointWriter.sha256();
    byte[] piece = new byte[PIECE_BYTES];
    for (int count = stream.read(piece); count >= 0; count = stream.read(piece)) {
      digest.update(piece, 0, count);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
