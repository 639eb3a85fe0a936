package normuon.job.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import normuon.job.comm.DeviceArrays;
import normuon.optimizer.shard.RowShard;
import normuon.torch.HostBuffers;
import normuon.torch.Initialization;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;
import normuon.torch.TorchRuntime;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointTest {

  private static final long STEP = 7;
  private static final ParameterSpec SPEC =
      new ParameterSpec("matrix", new long[] {7, 3}, Role.MATRIX);

  @TempDir private Path folder;
  private NDManager manager;
  private NDArray whole;
  private FileSystem files;
  private CheckpointStore store;

  @BeforeEach
  void open() throws IOException {
    manager = TorchRuntime.newManager();
    whole = Initialization.normal(manager, SPEC, 1, 1);
    files = FileSystem.getLocal(new Configuration()).getRaw();
    store = new CheckpointStore(files, new org.apache.hadoop.fs.Path(folder.toString()));
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 3", "2, 3", "3, 2", "5, 1", "9, 2", "2, 9"})
  void anyNumberOfRanksReadsWhatAnyNumberWrote(int writers, int readers) {
    commit(writers);

    for (int rank = 0; rank < readers; rank++) {
      RowShard rows = RowShard.of(7, readers, rank);
      if (!rows.isEmpty()) {
        NDArray read = manager.zeros(new Shape(rows.rows(), 3));
        read(new CheckpointTensor("matrix", 7, rows, read, 0));
        float[] expected = new float[(int) rows.rows() * 3];
        System.arraycopy(
            whole.toFloatArray(), (int) rows.start() * 3, expected, 0, expected.length);
        assertThat(read.toFloatArray()).isEqualTo(expected);
      }
    }
  }

  @Test
  void arraysOnADeviceAreWrittenAndRead() {
    NDArray onDevice = DeviceArrays.of(whole).get(0);
    NDArray read = manager.zeros(new Shape(5, 3));
    RowShard rows = new RowShard(0, 7);
    CheckpointTensor tensor = new CheckpointTensor("matrix", 7, rows, onDevice, 0);
    try (CheckpointSnapshot snapshot = CheckpointSnapshot.of(List.of(tensor))) {
      store.commit(
          manifest(
              STEP, List.of(CheckpointWriter.write(files, store.folder(STEP), 0, 1, snapshot))));
    }

    NDArray target = DeviceArrays.of(read).get(0);
    read(new CheckpointTensor("matrix", 7, new RowShard(2, 6), target, 1));

    float[] expected = new float[15];
    System.arraycopy(whole.toFloatArray(), 6, expected, 3, 12);
    assertThat(read.toFloatArray()).as("rows 2 to 5, from row 1 on").isEqualTo(expected);
  }

  @Test
  void withoutAManifestThereIsNoCheckpoint() {
    write(2);

    assertThat(store.steps()).containsExactly(STEP);
    assertThat(store.committedSteps()).isEmpty();
    assertThatThrownBy(() -> store.read(STEP))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("Cannot read checkpoint ")
        .hasMessageContaining("step-00000007");
  }

  @Test
  void roomIsMadeByRemovingWhatWasNeverFinishedAndByRenamingWhatWas() throws IOException {
    write(2);
    assertThat(store.clear(STEP)).isEmpty();
    assertThat(folder).isEmptyDirectory();

    for (String name : List.of("step-00000007.damaged", "step-00000007.damaged-2")) {
      commit(2);
      assertThat(store.clear(STEP)).map(org.apache.hadoop.fs.Path::getName).contains(name);
      assertThat(folder.resolve(name)).isDirectoryContaining("glob:**/manifest.json");
    }
    assertThat(store.steps()).isEmpty();
  }

  @Test
  void aSnapshotStaysAsItWasWhileTrainingGoesOn() {
    RowShard rows = new RowShard(2, 5);
    List<CheckpointTensor> tensors = List.of(new CheckpointTensor("matrix", 7, rows, whole, 2));
    try (CheckpointSnapshot before = CheckpointSnapshot.of(tensors)) {
      ShardFile first = CheckpointWriter.write(files, store.folder(1), 0, 1, before);
      ByteBuffer step = ByteBuffer.allocateDirect(7 * 3 * Float.BYTES);
      HostBuffers.write(step, whole, 0, whole.size());

      assertThat(CheckpointWriter.write(files, store.folder(2), 0, 1, before)).isEqualTo(first);
      try (CheckpointSnapshot after = CheckpointSnapshot.of(tensors)) {
        assertThat(CheckpointWriter.write(files, store.folder(3), 0, 1, after)).isNotEqualTo(first);
      }
    }
  }

  @Test
  void aManifestComesBackAsItWas() {
    CheckpointManifest manifest = commit(2);

    assertThat(store.read(STEP)).isEqualTo(manifest);
  }

  @Test
  void aTruncatedShardIsNamed() throws IOException {
    CheckpointManifest manifest = commit(2);
    Path shard = folder.resolve("step-00000007").resolve(manifest.shards().get(1).file());
    byte[] bytes = Files.readAllBytes(shard);
    Files.write(shard, Arrays.copyOf(bytes, bytes.length - 4));

    assertThatThrownBy(() -> read(target(7)))
        .hasMessageContaining("Cannot read checkpoint ")
        .hasMessageContaining(
            "Invalid size %d of shard rank-00001-of-00002.safetensors: the manifest says %d"
                .formatted(bytes.length - 4, bytes.length));
  }

  @Test
  void aMissingShardIsNamed() throws IOException {
    CheckpointManifest manifest = commit(2);
    Files.delete(folder.resolve("step-00000007").resolve(manifest.shards().get(0).file()));

    assertThatThrownBy(() -> read(target(7))).hasMessageContaining("rank-00000-of-00002");
  }

  @Test
  void aTensorOfOtherRowsIsRefused() {
    commit(2);

    assertThatThrownBy(() -> read(target(8)))
        .hasMessageContaining("Invalid tensor matrix: it has 7 rows and must have 8");
    CheckpointTensor other =
        new CheckpointTensor("absent", 7, new RowShard(0, 7), manager.zeros(new Shape(7, 3)), 0);
    assertThatThrownBy(() -> read(other))
        .hasMessageContaining("Cannot find rows 0:7:7 of tensor absent: the shards hold 0 of 7");
  }

  private CheckpointTensor target(long rows) {
    return new CheckpointTensor(
        "matrix", rows, new RowShard(0, 7), manager.zeros(new Shape(7, 3)), 0);
  }

  private void read(CheckpointTensor tensor) {
    try (CheckpointReader reader =
        CheckpointReader.open(files, store.folder(STEP), store.read(STEP))) {
      reader.read(List.of(tensor));
    }
  }

  private CheckpointManifest commit(int ranks) {
    CheckpointManifest manifest = manifest(STEP, write(ranks));
    store.commit(manifest);
    return manifest;
  }

  private List<ShardFile> write(int ranks) {
    List<ShardFile> shards = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      RowShard rows = RowShard.of(7, ranks, rank);
      List<CheckpointTensor> tensors =
          rows.isEmpty()
              ? List.of()
              : List.of(new CheckpointTensor("matrix", 7, rows, whole, rows.start()));
      try (CheckpointSnapshot snapshot = CheckpointSnapshot.of(tensors)) {
        shards.add(CheckpointWriter.write(files, store.folder(STEP), rank, ranks, snapshot));
      }
    }
    return shards;
  }

  private static CheckpointManifest manifest(long step, List<ShardFile> shards) {
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
}
