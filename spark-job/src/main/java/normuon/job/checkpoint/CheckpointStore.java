package normuon.job.checkpoint;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The checkpoints of a run: one folder per step, {@code step-00000500}, complete once its manifest
 * is there. Only the driver commits.
 */
public final class CheckpointStore {

  private static final Pattern FOLDER = Pattern.compile("step-(\\d{8,})");
  private static final String MANIFEST = "manifest.json";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private final FileSystem fileSystem;
  private final Path root;

  /**
   * Opens the store; nothing is created yet.
   *
   * @param fileSystem the file system of the run directory
   * @param root its folder {@code checkpoints}
   */
  public CheckpointStore(FileSystem fileSystem, Path root) {
    this.fileSystem = fileSystem;
    this.root = root;
  }

  /** The folder of the checkpoint after a step. */
  public Path folder(long step) {
    return new Path(root, String.format("step-%08d", step));
  }

  /** The committed checkpoint with the most steps, if there is one. */
  public Optional<CheckpointManifest> newest() {
    List<Long> steps = committedSteps();
    return steps.isEmpty() ? Optional.empty() : Optional.of(read(steps.get(steps.size() - 1)));
  }

  /**
   * Reads the manifest of a committed checkpoint.
   *
   * @throws UncheckedIOException if there is none after this step, or it cannot be read
   */
  public CheckpointManifest read(long step) {
    Path path = new Path(folder(step), MANIFEST);
    try (InputStream in = fileSystem.open(path)) {
      CheckpointManifest manifest = JSON.readValue(in, CheckpointManifest.class);
      if (manifest.format() != CheckpointManifest.FORMAT) {
        throw new IOException(
            "Invalid format " + manifest.format() + ": must be " + CheckpointManifest.FORMAT);
      }
      return manifest;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read checkpoint " + path + ": " + e.getMessage(), e);
    }
  }

  /**
   * Makes a checkpoint exist: all its shards are written, its manifest comes last and at once.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  public void commit(CheckpointManifest manifest) {
    Path path = new Path(folder(manifest.step()), MANIFEST);
    Path unfinished = new Path(path.getParent(), "_" + MANIFEST);
    try {
      try (OutputStream out = fileSystem.create(unfinished, true)) {
        JSON.writeValue(out, manifest);
      }
      // Written again after a resume: a rename does not replace a file everywhere.
      fileSystem.delete(path, false);
      if (!fileSystem.rename(unfinished, path)) {
        throw new IOException("Cannot rename " + unfinished + " to " + path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot commit checkpoint " + path + ": " + e.getMessage(), e);
    }
  }

  /**
   * Removes a folder that an attempt left without a manifest, or whose step is trained again.
   *
   * @throws UncheckedIOException if it cannot be removed
   */
  public void clear(long step) {
    Path path = folder(step);
    try {
      fileSystem.delete(path, true);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete " + path + ": " + e.getMessage(), e);
    }
  }

  private List<Long> committedSteps() {
    List<Long> steps = new ArrayList<>();
    try {
      for (FileStatus status : fileSystem.listStatus(root)) {
        Matcher name = FOLDER.matcher(status.getPath().getName());
        if (name.matches() && fileSystem.exists(new Path(status.getPath(), MANIFEST))) {
          steps.add(Long.parseLong(name.group(1)));
        }
      }
    } catch (FileNotFoundException e) {
      return Collections.emptyList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + root + ": " + e.getMessage(), e);
    }
    steps.sort(Comparator.naturalOrder());
    return steps;
  }
}
