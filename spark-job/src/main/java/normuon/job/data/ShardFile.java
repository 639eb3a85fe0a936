package normuon.job.data;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.IOUtils;

/** Writes a token shard. */
public final class ShardFile {

  private static final int BUFFER = 1 << 20;

  private ShardFile() {}

  /**
   * Writes the header of a shard and its tokens, which lie in the temporary files of runs.
   *
   * @param folder the folder of the runs
   * @param file where the shard goes
   * @return its SHA-256, in lower-case hexadecimal digits
   */
  public static String write(ShardPlan plan, TemporaryFolder folder, Path file) throws IOException {
    FileSystem files = folder.files();
    MessageDigest digest = sha256();
    try (OutputStream out =
        new DigestOutputStream(
            new BufferedOutputStream(files.create(file, true), BUFFER), digest)) {
      out.write(plan.header().toBytes());
      for (ShardPlan.Piece piece : plan.pieces()) {
        try (FSDataInputStream in = files.open(folder.file(piece.file()))) {
          in.seek(piece.offset());
          IOUtils.copyBytes(in, out, piece.bytes(), false);
        }
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("Cannot hash: this Java lacks SHA-256", impossible);
    }
  }
}
