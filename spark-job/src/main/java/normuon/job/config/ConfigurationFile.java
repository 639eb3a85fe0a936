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
public final class ConfigurationFile {

  private ConfigurationFile() {}

  /**
   * Reads a local file or, where there is none, a file of a Hadoop file system.
   *
   * @param file the file
   * @param option the option that named it, for messages
   * @param hadoop how file systems are reached
   * @throws InvalidConfigurationException if it does not exist, cannot be read, or is not UTF-8
   */
  public static String read(String file, String option, Configuration hadoop) {
    try {
      return decode(bytes(file, hadoop));
    } catch (FileNotFoundException | NoSuchFileException missing) {
      throw new InvalidConfigurationException(
          "Configuration file %s (%s) does not exist".formatted(file, option), missing);
    } catch (CharacterCodingException malformed) {
      throw new InvalidConfigurationException(
          "Invalid configuration file %s (%s): must be UTF-8 text".formatted(file, option),
          malformed);
    } catch (IOException unreadable) {
      throw new InvalidConfigurationException(
          "Cannot read configuration file %s (%s): %s"
              .formatted(file, option, unreadable.getMessage()),
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
