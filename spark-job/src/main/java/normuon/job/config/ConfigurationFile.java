package normuon.job.config;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Reads the text of configuration files. */
final class ConfigurationFile {

  private ConfigurationFile() {}

  /**
   * Reads a local file or, where there is none, a file of a Hadoop file system.
   *
   * @throws InvalidConfigurationException if it does not exist, cannot be read, or is not UTF-8
   */
  static String read(String file, Configuration hadoop) {
    try {
      return decode(bytes(file, hadoop));
    } catch (FileNotFoundException | NoSuchFileException missing) {
      throw new InvalidConfigurationException(
          "Configuration file " + file + " (--config) does not exist", missing);
    } catch (CharacterCodingException malformed) {
      throw new InvalidConfigurationException(
          "Invalid configuration file " + file + " (--config): must be UTF-8 text", malformed);
    } catch (IOException unreadable) {
      throw new InvalidConfigurationException(
          "Cannot read configuration file %s (--config): %s"
              .formatted(file, unreadable.getMessage()),
          unreadable);
    }
  }

  /** Reads a file that stands beside this class. */
  static String resource(String name) {
    try (InputStream stream = ConfigurationFile.class.getResourceAsStream(name)) {
      return decode(stream.readAllBytes());
    } catch (IOException unreadable) {
      throw new IllegalStateException("Cannot read the resource " + name, unreadable);
    }
  }

  private static byte[] bytes(String file, Configuration hadoop) throws IOException {
    File local = new File(file);
    if (local.exists()) {
      return Files.readAllBytes(local.toPath());
    }
    Path path = Location.of(file);
    try (InputStream stream = path.getFileSystem(hadoop).open(path)) {
      return stream.readAllBytes();
    }
  }

  private static String decode(byte[] bytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }
}
