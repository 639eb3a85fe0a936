package normuon.job.report;

import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.Consumer;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.RunConfiguration;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * The small text files of a run directory, on any Hadoop file system. Local ones are written
 * without Hadoop, which would put a checksum file beside each.
 */
public final class RunDirectory {

  private final Path path;
  private final Configuration hadoop;

  /**
   * Creates the view of a directory, which need not exist.
   *
   * @param path the directory, absolute
   * @param hadoop how its file system is reached
   */
  public RunDirectory(Path path, Configuration hadoop) {
    this.path = path;
    this.hadoop = hadoop;
  }

  /** The directory. */
  public Path path() {
    return path;
  }

  /** The effective configuration of the run that the directory holds, if it holds one. */
  public Optional<RunConfiguration> configuration() {
    return read(RunConfiguration.FILE_NAME)
        .map(
            yaml ->
                RunConfiguration.fromYaml(
                    yaml, new Path(path, RunConfiguration.FILE_NAME).toString()));
  }

  /**
   * Makes the directory, where it is missing.
   *
   * @throws InvalidConfigurationException if that is not possible
   */
  public void create() {
    try {
      if (isLocal()) {
        Files.createDirectories(local(""));
      } else {
        fileSystem().mkdirs(path);
      }
    } catch (IOException | UncheckedIOException impossible) {
      throw new InvalidConfigurationException(
          "Cannot make run.directory %s: %s".formatted(path, impossible), impossible);
    }
  }

  /** Reads a file of the directory; empty if it does not exist. */
  public Optional<String> read(String name) {
    try {
      if (isLocal()) {
        java.nio.file.Path file = local(name);
        return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
      }
      try (InputStream stream = fileSystem().open(new Path(path, name))) {
        return Optional.of(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
      }
    } catch (FileNotFoundException missing) {
      return Optional.empty();
    } catch (IOException unreadable) {
      throw new UncheckedIOException("Cannot read " + new Path(path, name), unreadable);
    }
  }

  /**
   * Reads a file of the directory line by line, however long it is.
   *
   * @param reader gets each line; none if the file does not exist
   */
  public void forEachLine(String name, Consumer<String> reader) {
    try (InputStream stream =
            isLocal()
                ? Files.newInputStream(local(name))
                : fileSystem().open(new Path(path, name));
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        reader.accept(line);
      }
    } catch (FileNotFoundException | NoSuchFileException missing) {
      return;
    } catch (IOException unreadable) {
      throw new UncheckedIOException("Cannot read " + new Path(path, name), unreadable);
    }
  }

  /** Whether the directory holds a file. */
  public boolean has(String name) {
    try {
      return isLocal() ? Files.exists(local(name)) : fileSystem().exists(new Path(path, name));
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot reach " + new Path(path, name), unreachable);
    }
  }

  /** Writes a file of the directory so that a reader sees the old text or the new, never a part. */
  public void replace(String name, String text) {
    String temporary = "." + name + ".tmp";
    try {
      if (isLocal()) {
        java.nio.file.Path file = local(temporary);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.move(
            file, local(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } else {
        replaceRemote(new Path(path, temporary), new Path(path, name), text);
      }
    } catch (IOException unwritable) {
      throw new UncheckedIOException("Cannot write " + new Path(path, name), unwritable);
    }
  }

  /** Removes a file of the directory, if it exists. */
  public void remove(String name) {
    try {
      if (isLocal()) {
        Files.deleteIfExists(local(name));
      } else {
        fileSystem().delete(new Path(path, name), false);
      }
    } catch (IOException unwritable) {
      throw new UncheckedIOException("Cannot remove " + new Path(path, name), unwritable);
    }
  }

  boolean isLocal() {
    try {
      return fileSystem().getUri().getScheme().equals("file");
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot reach the file system of " + path, unreachable);
    }
  }

  java.nio.file.Path local(String name) {
    return java.nio.file.Path.of(path.toUri().getPath()).resolve(name);
  }

  private void replaceRemote(Path temporary, Path file, String text) throws IOException {
    try (OutputStream stream = fileSystem().create(temporary, true)) {
      stream.write(text.getBytes(StandardCharsets.UTF_8));
    }
    try {
      FileContext.getFileContext(path.toUri(), hadoop).rename(temporary, file, Rename.OVERWRITE);
    } catch (UnsupportedFileSystemException onlyOldInterface) {
      // FileSystem.rename does not replace, so here is a moment without the file.
      fileSystem().delete(file, false);
      if (!fileSystem().rename(temporary, file)) {
        throw new IOException("Cannot rename " + temporary + " to " + file, onlyOldInterface);
      }
    }
  }

  private FileSystem fileSystem() throws IOException {
    return path.getFileSystem(hadoop);
  }
}
