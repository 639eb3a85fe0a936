package normuon.job.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;

/**
 * The file {@code status.json} of a run directory: how the last attempt ended. There is none while
 * a run goes on, nor after its process was killed.
 *
 * @param status how it ended
 * @param step the last step in the metrics
 * @param message one line for the user
 * @param resume the command that goes on with the run; empty where none would
 */
public record StatusFile(Status status, int step, String message, String resume) {

  /** The name of the file in the run directory. */
  public static final String FILE_NAME = "status.json";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Reads the file of a run directory; empty if there is none. */
  public static Optional<StatusFile> read(RunDirectory directory) {
    return directory.read(FILE_NAME).map(StatusFile::parse);
  }

  /** Removes the file of a run directory, as the run goes on. */
  public static void remove(RunDirectory directory) {
    directory.remove(FILE_NAME);
  }

  /** Puts the file in the place of the one of an earlier attempt. */
  public void write(RunDirectory directory) {
    try {
      directory.replace(FILE_NAME, MAPPER.writeValueAsString(this) + "\n");
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException("Cannot write " + this + " as JSON", unexpected);
    }
  }

  private static StatusFile parse(String json) {
    try {
      return MAPPER.readValue(json, StatusFile.class);
    } catch (JsonProcessingException malformed) {
      throw new IllegalStateException("Cannot read " + FILE_NAME + ": " + json, malformed);
    }
  }
}
