package normuon.job.retrain;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import normuon.job.config.InvalidConfigurationException;
import normuon.job.config.Location;
import normuon.job.data.JsonFile;
import normuon.job.report.RunDirectory;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The folder of a generation.
 *
 * @param number the number of the generation
 * @param path the folder, fully qualified
 * @param hadoop how its file system is reached
 */
record Generation(int number, Path path, Configuration hadoop) {

  /** What it is made of; empty if it was not begun. */
  Optional<GenerationPlan> plan() {
    return read(GenerationPlan.FILE_NAME, GenerationPlan.class);
  }

  /** What became of it; empty if that is open. */
  Optional<Verdict> verdict() {
    return read(Verdict.FILE_NAME, Verdict.class);
  }

  void begin(GenerationPlan plan) {
    directory().replace(GenerationPlan.FILE_NAME, JsonFile.text(plan));
  }

  void decide(Verdict verdict) {
    directory().replace(Verdict.FILE_NAME, JsonFile.text(verdict));
  }

  /** Where the tokens of its rows go. */
  String tokens() {
    return new Path(path, "tokens").toString();
  }

  /** The directory of its run. */
  String run() {
    return new Path(path, "run").toString();
  }

  /** The model after its last step. */
  String checkpoint(int steps) {
    return new Path(path, String.format("run/checkpoints/step-%08d", steps)).toString();
  }

  /** Removes it; its plan first, so that half of one is none. */
  void discard() {
    directory().remove(GenerationPlan.FILE_NAME);
    try {
      Location.fileSystem(path, hadoop).delete(path, true);
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot remove " + path, unreachable);
    }
  }

  private RunDirectory directory() {
    return new RunDirectory(path, hadoop);
  }

  private <T> Optional<T> read(String name, Class<T> type) {
    return read(directory(), name, type);
  }

  static <T> Optional<T> read(RunDirectory directory, String name, Class<T> type) {
    return directory
        .read(name)
        .map(
            text -> {
              try {
                return JsonFile.parse(text, type);
              } catch (JsonProcessingException malformed) {
                throw new InvalidConfigurationException(
                    "Invalid file %s: %s"
                        .formatted(
                            new Path(directory.path(), name), malformed.getOriginalMessage()),
                    malformed);
              }
            });
  }
}
