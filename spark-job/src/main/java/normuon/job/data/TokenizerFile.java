package normuon.job.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.model.hub.HubFiles;
import normuon.model.hub.InvalidModelException;
import normuon.model.hub.ModelFolder;
import normuon.model.text.HuggingFaceTokenizer;
import normuon.model.text.Tokenizer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The file that {@code data.tokenizer_file} names. */
public final class TokenizerFile {

  private TokenizerFile() {}

  /**
   * Reads the file.
   *
   * @param setting the path as the user wrote it
   * @param configuration knows the file systems
   * @throws InvalidConfigurationException if there is no such file, or it is no tokenizer.json
   */
  public static Tokenizer read(String setting, Configuration configuration) throws IOException {
    Path file = Location.of(setting);
    try (InputStream in = Storage.of(file, configuration).open(file)) {
      return HuggingFaceTokenizer.ofJson(
          ModelFolder.readText(in, HubFiles.TOKENIZER, HubFiles.LARGEST_TOKENIZER));
    } catch (FileNotFoundException missing) {
      throw new InvalidConfigurationException(
          "data.tokenizer_file = %s does not exist: must be a tokenizer.json".formatted(setting),
          missing);
    } catch (InvalidModelException | IllegalArgumentException malformed) {
      throw new InvalidConfigurationException(
          "Invalid data.tokenizer_file = %s: %s".formatted(setting, malformed.getMessage()),
          malformed);
    }
  }
}
