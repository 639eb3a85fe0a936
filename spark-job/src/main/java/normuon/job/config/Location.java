package normuon.job.config;

import java.io.File;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/** Where the text of a path setting leads. */
public final class Location {

  private Location() {}

  /**
   * The file system of a path; the local one without Hadoop's wrapper, which puts a checksum file
   * beside each file.
   */
  public static FileSystem fileSystem(Path path, Configuration hadoop) throws IOException {
    FileSystem fileSystem = path.getFileSystem(hadoop);
    if (!(fileSystem instanceof LocalFileSystem)) {
      return fileSystem;
    }
    LocalFiles local = new LocalFiles();
    local.initialize(fileSystem.getUri(), hadoop);
    return local;
  }

  /**
   * The path that a setting names. A relative path is below the local working directory, whatever
   * the default file system is; an absolute path without a scheme is on the default file system.
   *
   * @throws InvalidConfigurationException if the text is no path
   */
  public static Path of(String setting) {
    try {
      Path path = new Path(setting);
      return path.toUri().getScheme() == null && !path.isAbsolute()
          ? withoutTrailingSlash(new Path(new File(setting).getAbsoluteFile().toURI()))
          : path;
    } catch (IllegalArgumentException malformed) {
      throw new InvalidConfigurationException(
          "Invalid path \"" + setting + "\": " + malformed.getMessage(), malformed);
    }
  }

  /** The URI of a folder that exists ends in a slash, and its path would have no name. */
  private static Path withoutTrailingSlash(Path path) {
    return new Path(path.toString());
  }
}
