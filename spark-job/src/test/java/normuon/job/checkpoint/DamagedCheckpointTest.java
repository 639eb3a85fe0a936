package normuon.job.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import normuon.job.checkpoint.CheckpointSearch.PassedOver;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Two checkpoints, the newer of which is damaged in its files. */
class DamagedCheckpointTest {

  private static final int OLDER = 7;
  private static final int NEWER = 12;
  private static final String SHARD = "rank-00001-of-00002.safetensors";
  private static final String MANIFEST = "manifest.json";

  @TempDir private Path folder;
  private CheckpointFolder checkpoints;

  @BeforeEach
  void commit() throws IOException {
    checkpoints = new CheckpointFolder(folder);
    checkpoints.commit(OLDER);
    checkpoints.commit(NEWER);
  }

  @AfterEach
  void close() {
    checkpoints.close();
  }

  /** Does something to a file. */
  @FunctionalInterface
  interface Damage {
    void apply(Path file) throws IOException;
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        damage("flipped bit in data", SHARD, file -> flip(file, -5), SHARD + ": its SHA-256 is "),
        damage(
            "flipped bit in the header", SHARD, file -> flip(file, 20), SHARD + ": its SHA-256 is"),
        damage(
            "truncated shard",
            SHARD,
            file -> truncate(file, 4),
            SHARD + ": it has 136 bytes, and the manifest says 140"),
        damage("empty shard", SHARD, file -> truncate(file, 140), SHARD + ": it has 0 bytes"),
        damage("missing shard", SHARD, Files::delete, SHARD + " does not exist"),
        damage(
            "missing manifest",
            MANIFEST,
            Files::delete,
            "manifest.json does not exist, although it was committed"),
        damage(
            "flipped digit in the manifest",
            MANIFEST,
            file -> replace(file, "\"sequences_consumed\" : 144", "\"sequences_consumed\" : 145"),
            "Invalid manifest.json: its SHA-256 is "),
        damage(
            "seal cut out of the manifest",
            MANIFEST,
            file -> replace(file, "manifest_sha256", "manifest_sha255"),
            "Invalid manifest.json: its SHA-256 is none, and manifest_sha256 says nothing"),
        damage(
            "truncated manifest", MANIFEST, file -> truncate(file, 9), "Invalid manifest.json: "),
        damage(
            "empty manifest",
            MANIFEST,
            file -> Files.write(file, new byte[0]),
            "Invalid manifest.json: must be a JSON object"),
        damage(
            "unknown format",
            MANIFEST,
            file -> replace(file, "\"format\" : 2", "\"format\" : 99"),
            "Invalid format 99 in manifest.json: this version reads 1 to 2"),
        damage(
            "manifest of another step",
            MANIFEST,
            file ->
                Files.copy(
                    file.resolveSibling("../step-00000007/manifest.json"),
                    Files.newOutputStream(file)),
            "Invalid step 7 in manifest.json: the folder is step-00000012"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void theDamagedOneIsNamedAndTheOneBeforeItIsTaken(
      String name, String file, Damage damage, String reason) throws IOException {
    damage.apply(checkpoints.file(NEWER, file));

    CheckpointSearch.Result found = checkpoints.search();

    assertThat(found.newest()).map(CheckpointManifest::step).contains((long) OLDER);
    assertThat(found.passedOver()).singleElement().extracting(PassedOver::step).isEqualTo(12L);
    assertThat(found.passedOver().get(0).reason()).startsWith(reason);
    assertThat(found.passedOver().get(0).committed()).isTrue();
  }

  @Test
  void everyBitOfTheManifestCounts() throws IOException {
    Path manifest = checkpoints.file(NEWER, MANIFEST);
    byte[] whole = Files.readAllBytes(manifest);
    for (int position = 0; position < whole.length; position++) {
      byte[] damaged = whole.clone();
      damaged[position] ^= 1;
      Files.write(manifest, damaged);
      assertThat(checkpoints.search().passedOver()).as("byte " + position).hasSize(1);
    }
  }

  @Test
  void everyDamagedShardIsNamed() throws IOException {
    flip(checkpoints.file(NEWER, SHARD), -1);
    Files.delete(checkpoints.file(NEWER, "rank-00000-of-00002.safetensors"));

    assertThat(checkpoints.search().passedOver().get(0).reason())
        .startsWith("rank-00000-of-00002.safetensors does not exist; " + SHARD + ": its SHA-256");
  }

  @Test
  void whatWasNeverFinishedIsNoLoss() throws IOException {
    FileUtils.cleanDirectory(folder.toFile());
    checkpoints.write(NEWER);

    CheckpointSearch.Result found = checkpoints.search();

    assertThat(found.newest()).isEmpty();
    assertThat(found.passedOver())
        .containsExactly(
            new PassedOver(
                NEWER, false, "manifest.json does not exist: its writing was broken off"));
    assertThat(found.lostAll()).isFalse();
  }

  @Test
  void aStoreWhoseEveryCheckpointIsDamagedHasLostAll() throws IOException {
    flip(checkpoints.file(NEWER, SHARD), -1);
    flip(checkpoints.file(OLDER, MANIFEST), 40);

    assertThat(checkpoints.search().lostAll()).isTrue();
    FileUtils.deleteDirectory(checkpoints.file(NEWER, MANIFEST).getParent().toFile());
    FileUtils.deleteDirectory(checkpoints.file(OLDER, MANIFEST).getParent().toFile());
    assertThat(checkpoints.search().lostAll()).as("the file latest remembers").isTrue();
  }

  @Test
  void aStoreThatNeverHadACheckpointHasLostNone() throws IOException {
    FileUtils.cleanDirectory(folder.toFile());
    assertThat(checkpoints.search().lostAll()).isFalse();
    Files.delete(folder);
    assertThat(checkpoints.search().lostAll()).isFalse();
  }

  @Test
  void aManifestOfTheFirstFormatHasNoSealAndIsRead() throws IOException {
    Path manifest = checkpoints.file(NEWER, MANIFEST);
    String text = Files.readString(manifest);
    Files.writeString(
        manifest,
        text.replaceAll(",\\s*\"manifest_sha256\" : \"\\w+\"", "")
            .replace("\"format\" : 2", "\"format\" : 1"));

    assertThat(checkpoints.search().newest()).map(CheckpointManifest::step).contains(12L);
  }

  private static Arguments damage(String name, String file, Damage damage, String reason) {
    return arguments(name, file, damage, reason);
  }

  /** Changes one bit; a negative position counts from the end. */
  private static void flip(Path file, int position) throws IOException {
    CheckpointFolder.flip(file, position < 0 ? (int) Files.size(file) + position : position);
  }

  private static void truncate(Path file, int bytes) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - bytes));
  }

  private static void replace(Path file, String text, String replacement) throws IOException {
    String before = Files.readString(file);
    assertThat(before).contains(text);
    Files.writeString(file, before.replace(text, replacement));
  }
}
