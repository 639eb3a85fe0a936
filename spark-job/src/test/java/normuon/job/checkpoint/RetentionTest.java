package normuon.job.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetentionTest {

  private static final List<Long> COMMITTED = List.of(10L, 20L, 25L, 30L, 40L, 50L);

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "0,  0, ''",
    "0, 20, ''",
    "1,  0, '10,20,25,30,40'",
    "3,  0, '10,20,25'",
    "3, 20, '10,25'",
    "2, 25, '10,20,30'",
    "6,  0, ''",
    "9,  7, ''"
  })
  void theLastOnesAndTheMultiplesStay(int keepLast, int keepEverySteps, String gone) {
    List<Long> expected =
        gone.isEmpty() ? List.of() : List.of(gone.split(",")).stream().map(Long::valueOf).toList();

    assertThat(new Retention(keepLast, keepEverySteps).superfluous(COMMITTED)).isEqualTo(expected);
  }

  @Test
  void oldCheckpointsGoAndDamagedOrLaterOnesAreLeftAlone() throws IOException {
    try (CheckpointFolder checkpoints = new CheckpointFolder(folder)) {
      for (long step = 1; step <= 6; step++) {
        checkpoints.commit(step);
      }
      checkpoints.store().retain(new Retention(2, 0), 5, Set.of(2L, 4L));

      assertThat(checkpoints.store().steps()).containsExactly(2L, 3L, 4L, 5L, 6L);
      assertThat(checkpoints.store().committedSteps()).containsExactly(2L, 3L, 4L, 5L, 6L);
    }
  }

  @Test
  void whatCannotBeRemovedEndsNothing() throws IOException {
    try (CheckpointFolder checkpoints = new CheckpointFolder(folder)) {
      checkpoints.commit(1);
      checkpoints.commit(2);
      // In the place of the manifest, so that deleting the file fails whoever runs this.
      Path manifest = checkpoints.file(1, "manifest.json");
      Files.delete(manifest);
      Files.createDirectories(manifest.resolve("held"));

      checkpoints.store().retain(new Retention(1, 0), 2, Set.of());

      assertThat(checkpoints.search().newest()).map(CheckpointManifest::step).contains(2L);
      assertThat(checkpoints.store().steps()).containsExactly(1L, 2L);
    }
  }
}
