package normuon.job.retrain;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import normuon.job.config.Location;
import normuon.job.data.JsonFile;
import normuon.job.report.RunDirectory;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The directory of a line of models: {@code promoted.json}, and a folder for each generation. */
public final class ModelLine {

  private static final Pattern FOLDER = Pattern.compile("generation-([0-9]{4,9})");

  private final Path path;
  private final Configuration hadoop;

  private ModelLine(Path path, Configuration hadoop) {
    this.path = path;
    this.hadoop = hadoop;
  }

  /**
   * Opens a line, which need not exist.
   *
   * @param directory its directory, as a setting names it
   */
  public static ModelLine of(String directory, Configuration hadoop) {
    Path path = Location.of(directory);
    try {
      return new ModelLine(Location.fileSystem(path, hadoop).makeQualified(path), hadoop);
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot reach retrain.directory " + path, unreachable);
    }
  }

  /** Its directory. */
  public RunDirectory directory() {
    return new RunDirectory(path, hadoop);
  }

  /** The model in use; empty if there is none yet. */
  public Optional<Promotion> promoted() {
    return Generation.read(directory(), Promotion.FILE_NAME, Promotion.class);
  }

  /** Makes a model the one in use. */
  void promote(Promotion promotion) {
    directory().replace(Promotion.FILE_NAME, JsonFile.text(promotion));
  }

  /** The folder of a generation, which need not exist. */
  Generation generation(int number) {
    return new Generation(number, new Path(path, String.format("generation-%04d", number)), hadoop);
  }

  /** The generation that was begun last; empty if none was. */
  Optional<Generation> last() {
    List<Generation> begun =
        numbers().stream()
            .sorted()
            .map(this::generation)
            .filter(generation -> generation.plan().isPresent())
            .toList();
    return begun.isEmpty() ? Optional.empty() : Optional.of(begun.get(begun.size() - 1));
  }

  private List<Integer> numbers() {
    try {
      FileSystem files = Location.fileSystem(path, hadoop);
      return Arrays.stream(files.listStatus(path))
          .map(status -> FOLDER.matcher(status.getPath().getName()))
          .filter(Matcher::matches)
          .flatMapToInt(name -> IntStream.of(Integer.parseInt(name.group(1))))
          .boxed()
          .toList();
    } catch (FileNotFoundException nothingBegun) {
      return List.of();
    } catch (IOException unreachable) {
      throw new UncheckedIOException("Cannot list retrain.directory " + path, unreachable);
    }
  }
}
