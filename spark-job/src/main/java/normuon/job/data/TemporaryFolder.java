package normuon.job.data;

import java.io.IOException;
import java.io.Serializable;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Where tasks leave their files until the driver takes them over. A file bears the number of the
 * task attempt, so that an attempt that failed or was overtaken cannot spoil another's.
 *
 * @param path the folder
 * @param configuration knows the file systems
 */
public record TemporaryFolder(String path, SerializableConfiguration configuration)
    implements Serializable {

  /** The name of the folder in the directory of the tokens. */
  static final String NAME = "_temporary";

  /** The file system of the folder. */
  public FileSystem files() throws IOException {
    return Storage.of(new Path(path), configuration.value());
  }

  /** A file of the folder. */
  public Path file(String name) {
    return new Path(path, name);
  }

  /**
   * A new file for the task that calls.
   *
   * @param kind what it is, for people
   * @param number tells the files of one task apart
   */
  Path newFile(String kind, long number) {
    return file("%s-%d-%d".formatted(kind, TaskContext.get().taskAttemptId(), number));
  }
}
