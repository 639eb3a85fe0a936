package normuon.job.config;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * Local files with the permissions that any program gives them. Hadoop's own class starts a
 * process, {@code chmod}, for each file and folder that it makes, which costs a checkpoint tens of
 * milliseconds.
 */
final class LocalFiles extends RawLocalFileSystem {

  @Override
  protected OutputStream createOutputStreamWithMode(
      Path path, boolean append, FsPermission permission) throws IOException {
    return super.createOutputStreamWithMode(path, append, null);
  }

  @Override
  protected boolean mkOneDirWithMode(Path path, File folder, FsPermission permission)
      throws IOException {
    return super.mkOneDirWithMode(path, folder, null);
  }
}
