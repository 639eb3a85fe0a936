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

  private record Known(SparkEnv spark, Configuration hadoop) {}

  /** Reading Hadoop's files anew takes tens of milliseconds, and every segment needs them. */
  private static volatile Known known;

  /** Opens a run directory by its path, in a process of the Spark application. */
  public static RunFiles of(String directory) {
    Configuration hadoop = hadoop(SparkEnv.get());
    Path path = new Path(directory);
    try {
      FileSystem fileSystem = Location.fileSystem(path, hadoop);
      return new RunFiles(fileSystem, fileSystem.makeQualified(path), hadoop);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot reach run.directory " + directory, e);
    }
  }

  private static Configuration hadoop(SparkEnv spark) {
    Known last = known;
    if (last == null || last.spark != spark) {
      last = new Known(spark, SparkHadoopUtil.get().newConfiguration(spark.conf()));
      known = last;
    }
    return last.hadoop;
  }

  /** The checkpoints in it. */
  CheckpointStore checkpoints() {
    return new CheckpointStore(fileSystem, new Path(directory, "checkpoints"));
  }
}
