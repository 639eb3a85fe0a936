package normuon.job.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import normuon.job.config.InvalidConfigurationException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/**
 * Finds token shards in the local file system, where they can be mapped into memory: in place, or
 * else as copies that are fetched once.
 */
final class LocalCopies {

  private final Configuration configuration;
  private final Path directory;

  /**
   * Creates the copies.
   *
   * @param configuration knows the file systems of the shards
   * @param directory where copies go if that is not the local one
   */
  LocalCopies(Configuration configuration, Path directory) {
    this.configuration = configuration;
    this.directory = directory;
  }

  /**
   * A local file with the bytes of a shard.
   *
   * @throws InvalidConfigurationException if the shard is missing or not of the size expected
   */
  Path of(org.apache.hadoop.fs.Path file, TokenManifest.Shard shard) throws IOException {
    FileSystem files = Storage.of(file, configuration);
    if (!files.exists(file)) {
      throw new InvalidConfigurationException(
          "%s does not exist, but %s lists it".formatted(file, ManifestFile.NAME));
    }
    long bytes = files.getFileStatus(file).getLen();
    if (bytes != shard.bytes()) {
      throw new InvalidConfigurationException(
          "Invalid token shard %s: it has %d bytes; %s says %d"
              .formatted(file, bytes, ManifestFile.NAME, shard.bytes()));
    }
    return Storage.isLocal(files) ? Path.of(file.toUri().getPath()) : copy(files, file, shard);
  }

  /** One rank of a process fetches, the others find the copy: hence the lock of the class. */
  private Path copy(FileSystem files, org.apache.hadoop.fs.Path file, TokenManifest.Shard shard)
      throws IOException {
    synchronized (LocalCopies.class) {
      Path copy = directory.resolve(shard.sha256() + ".bin");
      if (Files.exists(copy) && Files.size(copy) == shard.bytes()) {
        return copy;
      }
      Files.createDirectories(directory);
      Path temporary = Files.createTempFile(directory, "fetching-", ".bin");
      try (InputStream in = files.open(file)) {
        Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
      }
      return Files.move(temporary, copy, StandardCopyOption.ATOMIC_MOVE);
    }
  }
}
