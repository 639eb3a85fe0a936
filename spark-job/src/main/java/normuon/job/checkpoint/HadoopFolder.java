package normuon.job.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import normuon.model.hub.ModelFolder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A folder of any Hadoop file system.
 *
 * @param fileSystem where it lies
 * @param path the folder
 */
public record HadoopFolder(FileSystem fileSystem, Path path) implements ModelFolder {

  @Override
  public boolean has(String file) throws IOException {
    return fileSystem.exists(new Path(path, file));
  }

  @Override
  public OpenFile open(String file) throws IOException {
    Path whole = new Path(path, file);
    long bytes = fileSystem.getFileStatus(whole).getLen();
    return new HadoopFile(fileSystem.open(whole), bytes, new PieceBuffer());
  }

  @Override
  public OutputStream create(String file) throws IOException {
    return fileSystem.create(new Path(path, file), true);
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
