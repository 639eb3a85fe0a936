package normuon.job.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import normuon.optimizer.shard.RowShard;
import normuon.torch.Initialization;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;
import normuon.torch.TorchRuntime;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/** A store in a folder, with checkpoints of one matrix by two ranks. */
final class CheckpointFolder implements AutoCloseable {

  private static final int RANKS = 2;
  private static final ParameterSpec MATRIX =
      new ParameterSpec("matrix", new long[] {7, 3}, Role.MATRIX);

  private final NDManager manager = TorchRuntime.newManager();
  private final Path folder;
  private final FileSystem files;
  private final CheckpointStore store;

  CheckpointFolder(Path folder) throws IOException {
    this.folder = folder;
    this.files = FileSystem.getLocal(new Configuration()).getRaw();
    this.store = new CheckpointStore(files, new org.apache.hadoop.fs.Path(folder.toString()));
  }

  CheckpointStore store() {
    return store;
  }

  /** Writes and commits a checkpoint; its matrix is drawn from the step. */
  CheckpointManifest commit(long step) {
    CheckpointManifest manifest = manifest(step, write(step));
    store.commit(manifest);
    return manifest;
  }

  List<ShardFile> write(long step) {
    List<ShardFile> shards = new ArrayList<>();
    NDArray whole = Initialization.normal(manager, MATRIX, step, 1);
    for (int rank = 0; rank < RANKS; rank++) {
      RowShard rows = RowShard.of(MATRIX.rows(), RANKS, rank);
      CheckpointTensor tensor =
          new CheckpointTensor("matrix", MATRIX.rows(), rows, whole, rows.start());
      try (CheckpointSnapshot snapshot = CheckpointSnapshot.of(List.of(tensor))) {
        shards.add(CheckpointWriter.write(files, store.folder(step), rank, RANKS, snapshot));
      }
    }
    return shards;
  }

  static CheckpointManifest manifest(long step, List<ShardFile> shards) {
    return new CheckpointManifest(
        CheckpointManifest.FORMAT,
        step,
        step * 12,
        step * 768,
        step * 28,
        0L,
        new RefusedSteps(2, 1),
        shards.size(),
        shards,
        Map.of("train", Map.of("steps", 10)),
        Map.of("matrix", 0),
        Map.of("spark", "4.0.4"));
  }

  /** A file of the checkpoint after a step. */
  Path file(long step, String name) {
    return folder.resolve(store.folder(step).getName()).resolve(name);
  }

  /** Changes one bit. */
  static void flip(Path file, int position) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[position] ^= 1;
    Files.write(file, bytes);
  }

  /** What a search finds. */
  CheckpointSearch.Result search() {
    return new CheckpointSearch(
            store,
            manifest ->
                manifest.shards().stream()
                    .flatMap(shard -> store.damage(manifest.step(), shard).stream())
                    .toList())
        .newest();
  }

  @Override
  public void close() {
    manager.close();
  }
}
