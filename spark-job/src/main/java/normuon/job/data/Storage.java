package normuon.job.data;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/** The file systems that data comes from and goes to. */
final class Storage {

  private Storage() {}

  /**
   * The file system of a path. The local one is used bare: Hadoop's wrapper would put a checksum
   * file beside each file.
   */
  static FileSystem of(Path path, Configuration configuration) throws IOException {
    FileSystem files = path.getFileSystem(configuration);
    return files instanceof LocalFileSystem local ? local.getRaw() : files;
  }

  /** Whether a path lies in the file system of this machine. */
  static boolean isLocal(FileSystem files) {
    return "file".equals(files.getUri().getScheme());
  }

  /** Renames a file; there is none of the new name. */
  static void rename(FileSystem files, Path from, Path to) throws IOException {
    if (!files.rename(from, to)) {
      throw new IOException("Cannot rename " + from + " to " + to);
    }
  }
}
