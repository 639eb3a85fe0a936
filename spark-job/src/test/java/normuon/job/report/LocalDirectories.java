package normuon.job.report;

import java.net.URI;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Run directories in a local folder, reached in both ways. */
final class LocalDirectories {

  private LocalDirectories() {}

  /** Reached as a local folder. */
  static RunDirectory plain(Path folder) {
    return new RunDirectory(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration());
  }

  /** Reached through Hadoop's interfaces, as a folder of a store would be. */
  static RunDirectory remote(Path folder) {
    Configuration hadoop = new Configuration();
    hadoop.setClass("fs.elsewhere.impl", Elsewhere.class, Object.class);
    return new RunDirectory(
        new org.apache.hadoop.fs.Path("elsewhere://store" + folder.toAbsolutePath()), hadoop);
  }

  /** The local file system under a scheme that is not {@code file}. */
  public static final class Elsewhere extends RawLocalFileSystem {

    @Override
    public URI getUri() {
      return URI.create("elsewhere://store");
    }

    @Override
    public String getScheme() {
      return "elsewhere";
    }
  }
}
