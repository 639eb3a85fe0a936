package normuon.job.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import normuon.job.checkpoint.CheckpointStore;
import normuon.job.config.Location;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * The run directory as driver and ranks see it.
 *
 * @param fileSystem its file system
 * @param directory the directory, fully qualified
 * @param hadoop how file systems are reached
 */
public record RunFiles(FileSystem fileSystem, Path directory, Configuration hadoop) {

  /** Opens a run directory by its path, in a process of the Spark application. */
  public static RunFiles of(String directory) {
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(SparkEnv.get().conf());
    Path path = new Path(directory);
    try {
      FileSystem fileSystem = Location.fileSystem(path, hadoop);
      return new RunFiles(fileSystem, fileSystem.makeQualified(path), hadoop);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot reach run.directory " + directory, e);
    }
  }

  /** The checkpoints in it. */
  CheckpointStore checkpoints() {
    return new CheckpointStore(fileSystem, new Path(directory, "checkpoints"));
  }
}
