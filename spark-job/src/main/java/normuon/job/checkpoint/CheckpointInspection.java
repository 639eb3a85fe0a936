package normuon.job.checkpoint;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Says what checkpoints hold, and whether they are whole. */
public final class CheckpointInspection {

  private final FileSystem fileSystem;
  private final ShardVerifier.Depth depth;

  private CheckpointInspection(FileSystem fileSystem, ShardVerifier.Depth depth) {
    this.fileSystem = fileSystem;
    this.depth = depth;
  }

  /** An inspection that reads every byte. */
  public static CheckpointInspection ofEveryByte(FileSystem fileSystem) {
    return new CheckpointInspection(fileSystem, ShardVerifier.Depth.EVERY_BYTE);
  }

  /** An inspection that reads manifests, the sizes of shards and their headers. */
  public static CheckpointInspection ofHeaders(FileSystem fileSystem) {
    return new CheckpointInspection(fileSystem, ShardVerifier.Depth.HEADER);
  }

  /**
   * Inspects a checkpoint, or all that a run directory or its folder {@code checkpoints} holds.
   *
   * @return a report for each, by name; none if there are none
   * @throws UncheckedIOException if the directory does not exist, or cannot be read
   */
  public List<CheckpointReport> inspect(Path directory) {
    try {
      fileSystem.getFileStatus(directory);
      if (isCheckpoint(directory)) {
        return List.of(report(directory));
      }
      Path inRun = new Path(directory, "checkpoints");
      CheckpointStore store =
          new CheckpointStore(fileSystem, fileSystem.exists(inRun) ? inRun : directory);
      OptionalLong latest = store.latest();
      TreeSet<Long> steps = new TreeSet<>(store.steps());
      latest.ifPresent(steps::add);
      List<CheckpointReport> reports = new ArrayList<>();
      for (long step : steps) {
        boolean committed = latest.equals(OptionalLong.of(step)) || store.isCommitted(step);
        reports.add(committed ? report(store.folder(step)) : unfinished(store.folder(step)));
      }
      return reports;
    } catch (FileNotFoundException e) {
      throw new UncheckedIOException(directory + " does not exist", e);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot inspect " + directory + ": " + e.getMessage(), e);
    }
  }

  private boolean isCheckpoint(Path folder) throws IOException {
    return folder.getName().startsWith("step-")
        || fileSystem.exists(new Path(folder, ManifestFile.NAME));
  }

  private CheckpointReport report(Path folder) throws IOException {
    try {
      return report(folder, ManifestFile.read(fileSystem, folder));
    } catch (FileNotFoundException e) {
      return damaged(folder, ManifestFile.NAME + " does not exist");
    } catch (DamageException | ChecksumException | EOFException e) {
      return damaged(folder, e.getMessage());
    }
  }

  private CheckpointReport report(Path folder, CheckpointManifest manifest) {
    TensorTable tensors = new TensorTable();
    List<String> damages = new ArrayList<>();
    for (ShardFile shard : manifest.shards()) {
      ShardVerifier.damage(fileSystem, folder, shard, depth, tensors).ifPresent(damages::add);
    }
    if (damages.isEmpty()) {
      damages.addAll(tensors.gaps());
    }
    return new CheckpointReport(
        folder.getName(),
        damages.isEmpty() ? CheckpointReport.State.WHOLE : CheckpointReport.State.DAMAGED,
        damages,
        manifest,
        tensors.whole());
  }

  private static CheckpointReport damaged(Path folder, String damage) {
    return new CheckpointReport(
        folder.getName(), CheckpointReport.State.DAMAGED, List.of(damage), null, List.of());
  }

  private static CheckpointReport unfinished(Path folder) {
    String reason = ManifestFile.NAME + " does not exist: its writing was broken off";
    return new CheckpointReport(
        folder.getName(), CheckpointReport.State.UNFINISHED, List.of(reason), null, List.of());
  }
}
