package normuon.job.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidationWindowsTest {

  private static final int CONTEXT = 4;
  private static final int WINDOWS_PER_BATCH = 3;

  @TempDir private Path folder;

  @Test
  void ranksShareWholeBatchesThatAreTheSameForAnyNumberOfThem() throws IOException {
    for (int tokens : new int[] {0, 1, 4, 5, 13, 14, 100, 101}) {
      TokenSplit split = TestTokens.counting(folder, tokens);
      List<List<Long>> alone = batches(split, 1);
      assertThat(alone.stream().mapToInt(List::size).sum())
          .as("inputs of %d tokens", tokens)
          .isEqualTo(Math.max(0, (tokens - 1) / CONTEXT * CONTEXT));
      for (int ranks = 2; ranks < 12; ranks++) {
        assertThat(batches(split, ranks)).as("%d ranks", ranks).isEqualTo(alone);
      }
    }
  }

  /** The inputs of each batch of all ranks. */
  private static List<List<Long>> batches(TokenSplit split, int ranks) {
    List<List<Long>> batches = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      ValidationWindows windows =
          ValidationWindows.inWholeBatches(split, CONTEXT, WINDOWS_PER_BATCH, ranks, rank);
      for (Batch batch : windows.batches(WINDOWS_PER_BATCH)) {
        List<Long> inputs = new ArrayList<>();
        for (long input : TestTokens.all(batch.inputs())) {
          inputs.add(input);
        }
        batches.add(inputs);
      }
    }
    return batches;
  }
}
