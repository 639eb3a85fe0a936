package normuon.job.export;

import java.io.IOException;
import java.util.UUID;
import normuon.job.config.InvalidConfigurationException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Puts an export in its place, whole or not at all: it is written beside the place first. What
 * stood there before is set aside until the new one has its name.
 *
 * @param fileSystem where the place lies
 * @param output the place
 */
record FolderReplacement(FileSystem fileSystem, Path output) {

  /** Writes the content of a folder that is there and empty. */
  @FunctionalInterface
  interface Content<T> {
    T write(Path folder) throws IOException;
  }

  /**
   * Writes a folder.
   *
   * @return what the content gives
   * @throws InvalidConfigurationException if something else than an export stands in the place
   * @throws IOException if it cannot be written; then nothing of it is left
   */
  <T> T write(Content<T> content) throws IOException {
    requireReplaceable();
    Path unfinished = beside("unfinished");
    try {
      if (!fileSystem.mkdirs(unfinished)) {
        throw new IOException("Cannot make the folder " + unfinished);
      }
      T written = content.write(unfinished);
      replaceBy(unfinished);
      return written;
    } catch (IOException | RuntimeException | Error failure) {
      try {
        fileSystem.delete(unfinished, true);
      } catch (IOException alsoFailed) {
        failure.addSuppressed(alsoFailed);
      }
      throw failure;
    }
  }

  /** No other export, to the same place perhaps, takes this name. */
  private Path beside(String state) {
    return new Path(
        output.getParent(), "_%s.%s-%s".formatted(output.getName(), state, UUID.randomUUID()));
  }

  private void requireReplaceable() throws IOException {
    if (output.isRoot()) {
      throw new InvalidConfigurationException(
          "Cannot export to %s: must be a folder in another one".formatted(output));
    }
    if (fileSystem.exists(output)
        && (!fileSystem.getFileStatus(output).isDirectory()
            || fileSystem.listStatus(output).length > 0)
        && !fileSystem.exists(new Path(output, ExportManifest.FILE_NAME))) {
      throw new InvalidConfigurationException(
          "Cannot export to %s: it exists and is no earlier export, as it has no %s"
              .formatted(output, ExportManifest.FILE_NAME));
    }
  }

  private void replaceBy(Path finished) throws IOException {
    requireReplaceable();
    if (!fileSystem.exists(output)) {
      rename(finished, output);
      return;
    }
    Path earlier = beside("replaced");
    rename(output, earlier);
    try {
      rename(finished, output);
    } catch (IOException failure) {
      try {
        rename(earlier, output);
      } catch (IOException alsoFailed) {
        failure.addSuppressed(alsoFailed);
      }
      throw failure;
    }
    if (!fileSystem.delete(earlier, true)) {
      throw new IOException("Cannot delete " + earlier + ", the export that was replaced");
    }
  }

  /** Onto a folder that exists HDFS would move the other one inside. */
  private void rename(Path from, Path to) throws IOException {
    if (fileSystem.exists(to)) {
      throw new IOException("Cannot rename %s to %s: it exists".formatted(from, to));
    }
    if (!fileSystem.rename(from, to)) {
      throw new IOException("Cannot rename %s to %s".formatted(from, to));
    }
  }
}
