package normuon.job.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file {@code lease.json} of a run directory. */
final class LeaseFile {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseFile.class);
  private static final String NAME = "lease.json";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** Removing a file takes far less. */
  private static final Duration LONGEST_TAKEOVER = Duration.ofSeconds(10);

  private final FileSystem fileSystem;
  private final Path path;
  private Duration clockOffset;

  /**
   * What the file says.
   *
   * @param holder who holds the lease; empty while the file is being written, or if that was broken
   *     off
   * @param modified when it was written, by the store's clock, in milliseconds since 1970
   */
  record Content(Optional<LeaseHolder> holder, long modified) {}

  LeaseFile(FileSystem fileSystem, Path directory) {
    this.fileSystem = fileSystem;
    this.path = new Path(directory, NAME);
  }

  Optional<Content> read() throws IOException {
    try (InputStream in = fileSystem.open(path)) {
      byte[] bytes = in.readAllBytes();
      long modified = fileSystem.getFileStatus(path).getModificationTime();
      return Optional.of(new Content(parse(bytes), modified));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  private static Optional<LeaseHolder> parse(byte[] bytes) throws IOException {
    try {
      return Optional.of(JSON.readValue(bytes, LeaseHolder.class));
    } catch (JsonProcessingException unfinished) {
      return Optional.empty();
    }
  }

  /**
   * Makes the file, unless it exists.
   *
   * @return whether the file is the holder's now
   */
  boolean create(LeaseHolder holder) throws IOException {
    // Where making a file is not atomic, the last of two writers has won.
    return create(path, JSON.writeValueAsBytes(holder)) && isOf(holder);
  }

  private boolean create(Path file, byte[] content) throws IOException {
    try (OutputStream out = newFile(file)) {
      out.write(content);
      return true;
    } catch (FileAlreadyExistsException | java.nio.file.FileAlreadyExistsException e) {
      return false;
    }
  }

  private OutputStream newFile(Path file) throws IOException {
    if (fileSystem.getUri().getScheme().equals("file")) {
      // Hadoop first looks and then makes a local file.
      java.nio.file.Path local = java.nio.file.Path.of(file.toUri().getPath());
      return Files.newOutputStream(local, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }
    return fileSystem.create(file, false);
  }

  /** Writes the file anew, which makes it younger. */
  void write(LeaseHolder holder) throws IOException {
    try (OutputStream out = fileSystem.create(path, true)) {
      out.write(JSON.writeValueAsBytes(holder));
    }
  }

  boolean isOf(LeaseHolder holder) throws IOException {
    return read()
        .flatMap(Content::holder)
        .filter(found -> found.owner().equals(holder.owner()))
        .isPresent();
  }

  /**
   * Removes what an earlier holder left, unless it is no longer there. One process at a time does
   * so, as the file could be another's by the time it is removed.
   *
   * @param left what the file said
   */
  void remove(Content left) throws IOException {
    Path guard = new Path(path.getParent(), NAME + ".takeover");
    if (!create(guard, new byte[0])) {
      removeAbandoned(guard);
      return;
    }
    try {
      if (read().filter(found -> found.holder().equals(left.holder())).isPresent()) {
        fileSystem.delete(path, false);
      }
    } finally {
      fileSystem.delete(guard, false);
    }
  }

  /** A process that ended in just that moment has left its guard. */
  private void removeAbandoned(Path guard) throws IOException {
    try {
      long modified = fileSystem.getFileStatus(guard).getModificationTime();
      if (age(modified).compareTo(LONGEST_TAKEOVER) > 0) {
        fileSystem.delete(guard, false);
      }
    } catch (FileNotFoundException e) {
      LOG.debug("{} has been removed", guard);
    }
  }

  void delete() throws IOException {
    fileSystem.delete(path, false);
  }

  /** How long ago a file was written, by the store's clock at both times. */
  Duration age(long modified) throws IOException {
    if (clockOffset == null) {
      clockOffset = clockOffset();
    }
    long now = System.currentTimeMillis() + clockOffset.toMillis();
    return Duration.ofMillis(Math.max(0, now - modified));
  }

  /** How far the store's clock is ahead of this process's. */
  private Duration clockOffset() throws IOException {
    Path probe = new Path(path.getParent(), NAME + ".clock-" + UUID.randomUUID());
    try {
      fileSystem.create(probe, true).close();
      long now = System.currentTimeMillis();
      return Duration.ofMillis(fileSystem.getFileStatus(probe).getModificationTime() - now);
    } finally {
      fileSystem.delete(probe, false);
    }
  }
}
