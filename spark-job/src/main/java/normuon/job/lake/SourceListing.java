package normuon.job.lake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.data.TokenManifest.SourceFile;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The files behind a source. Names that begin with "." or "_" are no data. */
final class SourceListing {

  private final Configuration configuration;

  SourceListing(Configuration configuration) {
    this.configuration = configuration;
  }

  /**
   * The location of a path that exists.
   *
   * @param setting the path as the user wrote it
   * @param place its key
   */
  Path existing(String setting, String place) throws IOException {
    Path path = Location.of(setting);
    FileSystem files = Location.fileSystem(path, configuration);
    if (!files.exists(path)) {
      throw new InvalidConfigurationException(
          "%s.path = %s does not exist: must be a file or a folder".formatted(place, setting));
    }
    return files.makeQualified(path);
  }

  /** The file itself, or the files in the folder and the folders in it, in the order of paths. */
  List<SourceFile> files(Path root, String place) throws IOException {
    FileSystem files = Location.fileSystem(root, configuration);
    List<SourceFile> found = new ArrayList<>();
    FileStatus status = files.getFileStatus(root);
    if (status.isFile()) {
      found.add(file(status));
    } else {
      collect(files, root, found);
    }
    if (found.isEmpty()) {
      throw new InvalidConfigurationException(
          "Invalid %s.path = %s: the folder has no files".formatted(place, root));
    }
    found.sort(Comparator.comparing(SourceFile::path));
    return found;
  }

  /** A file as it is now. */
  SourceFile file(Path path) throws IOException {
    return file(Location.fileSystem(path, configuration).getFileStatus(path));
  }

  private static SourceFile file(FileStatus status) {
    return new SourceFile(
        status.getPath().toString(), status.getLen(), status.getModificationTime());
  }

  private static void collect(FileSystem files, Path folder, List<SourceFile> found)
      throws IOException {
    for (FileStatus entry : files.listStatus(folder)) {
      String name = entry.getPath().getName();
      if (name.startsWith(".") || name.startsWith("_")) {
        continue;
      }
      if (entry.isDirectory()) {
        collect(files, entry.getPath(), found);
      } else {
        found.add(file(entry));
      }
    }
  }
}
