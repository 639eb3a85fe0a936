package normuon.job.checkpoint;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of a run: one folder per step, {@code step-00000500}, complete once its manifest
 * is there. Only the driver commits and removes.
 *
 * <p>The file {@code latest} names the folder that was committed last. Nothing is read because of
 * it: it only tells a checkpoint that lost its manifest from one that never had it.
 */
public final class CheckpointStore {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);
  private static final Pattern FOLDER = Pattern.compile("step-(\\d{8,18})");
  private static final String LATEST = "latest";
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

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
    return new Path(root, folderName(step));
  }

  static String folderName(long step) {
    return String.format("step-%08d", step);
  }

  /** The steps that have a folder, ascending, whether it is complete or not. */
  public List<Long> steps() {
    List<Long> steps = new ArrayList<>();
    try {
      for (FileStatus status : fileSystem.listStatus(root)) {
        step(status.getPath().getName()).ifPresent(steps::add);
      }
    } catch (FileNotFoundException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + root + ": " + e.getMessage(), e);
    }
    Collections.sort(steps);
    return steps;
  }

  /** The steps whose folder has a manifest, ascending. */
  public List<Long> committedSteps() {
    return steps().stream().filter(this::isCommitted).toList();
  }

  /** Whether a step has a manifest. */
  boolean isCommitted(long step) {
    Path manifest = manifest(step);
    try {
      return fileSystem.exists(manifest);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look for " + manifest + ": " + e.getMessage(), e);
    }
  }

  /** Waits until a step has a manifest; whether that came to be. */
  public boolean awaitCommitted(long step, Duration longest) {
    long end = System.nanoTime() + longest.toNanos();
    while (!isCommitted(step)) {
      if (System.nanoTime() >= end || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    return true;
  }

  /**
   * Reads the manifest of a committed checkpoint.
   *
   * @throws UncheckedIOException if there is none after this step, or it cannot be read
   */
  public CheckpointManifest read(long step) {
    try {
      return readManifest(step);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot read checkpoint " + folder(step) + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads the manifest in the folder of a checkpoint, of whichever run.
   *
   * @throws IOException if there is none, or it is not as it was written
   */
  public static CheckpointManifest readManifest(FileSystem fileSystem, Path folder)
      throws IOException {
    return ManifestFile.read(fileSystem, folder);
  }

  /** As {@link ManifestFile#read}. */
  CheckpointManifest readManifest(long step) throws IOException {
    return ManifestFile.read(fileSystem, folder(step));
  }

  /** The step that was committed last, if the store says so. */
  OptionalLong latest() {
    try (InputStream in = fileSystem.open(new Path(root, LATEST))) {
      String name = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
      return step(name).map(OptionalLong::of).orElse(OptionalLong.empty());
    } catch (FileNotFoundException e) {
      return OptionalLong.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + root + "/" + LATEST, e);
    }
  }

  /**
   * Reads every byte of a shard.
   *
   * @see ShardVerifier#damage
   */
  public Optional<String> damage(long step, ShardFile shard) {
    return ShardVerifier.damage(fileSystem, folder(step), shard);
  }

  /**
   * Makes a checkpoint exist: all its shards are written, its manifest comes last and at once.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  public void commit(CheckpointManifest manifest) {
    Path path = manifest(manifest.step());
    try {
      replace(path, ManifestFile.encode(manifest));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot commit checkpoint " + path + ": " + e.getMessage(), e);
    }
    String name = folder(manifest.step()).getName();
    try {
      replace(new Path(root, LATEST), (name + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      LOG.warn("Cannot write {}/{}; the checkpoint {} is whole", root, LATEST, name, e);
    }
  }

  private void replace(Path path, byte[] content) throws IOException {
    Path unfinished = new Path(path.getParent(), "_" + path.getName());
    try (FSDataOutputStream out = fileSystem.create(unfinished, true)) {
      out.write(content);
      sync(out);
    }
    // A rename does not replace a file everywhere.
    fileSystem.delete(path, false);
    if (!fileSystem.rename(unfinished, path)) {
      throw new IOException("Cannot rename " + unfinished + " to " + path);
    }
  }

  /** Makes bytes outlive the machine, where the store can promise it before the file is closed. */
  static void sync(FSDataOutputStream out) throws IOException {
    if (out.hasCapability(StreamCapabilities.HSYNC)) {
      out.hsync();
    }
  }

  /**
   * Removes the checkpoints that need not be kept, the manifest of each first, so that half of one
   * is none. A failure is logged: it costs space and nothing else.
   *
   * @param retention which ones stay
   * @param newest the step that was just committed; later ones are left alone
   * @param damaged steps whose checkpoints are known to be damaged; neither counted nor removed
   */
  public void retain(Retention retention, long newest, Set<Long> damaged) {
    try {
      List<Long> candidates =
          committedSteps().stream()
              .filter(step -> step <= newest && !damaged.contains(step))
              .toList();
      for (long step : retention.superfluous(candidates)) {
        fileSystem.delete(manifest(step), false);
        fileSystem.delete(folder(step), true);
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("Cannot remove old checkpoints in {}: {}", root, e.getMessage());
    }
  }

  /**
   * Makes room for the checkpoint of a step. What an attempt left without a manifest is removed; a
   * folder with a manifest, which can only be a damaged checkpoint, is renamed and stays.
   *
   * @return where the damaged checkpoint is now
   * @throws UncheckedIOException if the folder can be neither removed nor renamed
   */
  public Optional<Path> clear(long step) {
    Path path = folder(step);
    try {
      if (!isCommitted(step)) {
        fileSystem.delete(path, true);
        return Optional.empty();
      }
      Path aside = unused(path.getName() + ".damaged");
      if (!fileSystem.rename(path, aside)) {
        throw new IOException("Cannot rename it to " + aside);
      }
      return Optional.of(aside);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot clear " + path + ": " + e.getMessage(), e);
    }
  }

  private Path unused(String name) throws IOException {
    Path path = new Path(root, name);
    for (int number = 2; fileSystem.exists(path); number++) {
      path = new Path(root, name + "-" + number);
    }
    return path;
  }

  private Path manifest(long step) {
    return new Path(folder(step), ManifestFile.NAME);
  }

  private static Optional<Long> step(String folder) {
    Matcher name = FOLDER.matcher(folder);
    return name.matches() ? Optional.of(Long.parseLong(name.group(1))) : Optional.empty();
  }
}
